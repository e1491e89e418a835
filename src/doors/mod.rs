//! What the listeners of both edges share: connections let in up to a bound, and bearer tokens.

mod bearer;

mod door;

pub use bearer::{TokenHash, bearer_hash};
pub use door::{Door, Guest};
