//! What the listeners of both edges share: connections let in up to a bound, limits to how long their
//! owners take, and bearer tokens.

mod bearer;

mod door;

mod timed;

pub use bearer::{TokenHash, bearer_hash};
pub use door::{Door, Guest};
pub use timed::{Limits, Timed};
