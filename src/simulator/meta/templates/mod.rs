//! The account's templates: created, reviewed, listed, and looked up by every send.

mod languages;

mod button;

mod draft;

mod shown;

mod book;

mod create;

mod list;

pub use book::TemplateStatus;

pub(crate) use book::Templates;
pub(super) use book::id;
pub(super) use create::{create, upsert};
pub(super) use list::list;

use crate::simulator::{weather::Provider, world::World};

/// The state in which a sender finds a template, if there is one: bad weather may pause what was
/// approved.
pub(super) fn status(world: &World, name: &str, language: &str) -> Option<TemplateStatus> {
    let status = world.templates.status(name, language)?;
    Some(weathered(world, status, language))
}

fn weathered(world: &World, status: TemplateStatus, language: &str) -> TemplateStatus {
    match status {
        TemplateStatus::Approved if world.skies.over(Provider::Meta).pauses(language) => {
            TemplateStatus::Paused
        }
        status => status,
    }
}
