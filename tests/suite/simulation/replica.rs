//! Replicas: born with nothing, dead between any two steps.

use std::{collections::HashMap, sync::Arc};

use pombo::{
    otp::{Countries, Fact, event::FactKind},
    service::{Parts, Service, numbers::Numbers},
};
use tokio::{
    sync::broadcast::{Receiver, error::TryRecvError},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{
    life::Life,
    line::Line,
    pigeon::pigeons,
    town::{Town, index, keyring},
};

/// Most that live at once.
pub const REPLICAS: usize = 3;

pub struct Replica {
    pub life: Arc<Life>,
    pub service: Arc<Service>,
    facts: Receiver<Fact>,
    alarms: JoinHandle<()>,
}

impl Town {
    /// Starts another replica.
    pub fn start_replica(self: &Arc<Self>, number: usize) {
        let life = Life::new(number, &self.tally);
        let service = Service::new(Parts {
            store: Arc::new(Line { town: Arc::clone(self), life: Arc::clone(&life) }),
            rules: self.rules.clone(),
            keyring: keyring(),
            index: index(),
            numbers: Numbers { countries: Countries::Any, tests: HashMap::new() },
            screens: Default::default(),
            shared_limits: self.shared_limits.clone(),
            tolls: self.tolls.clone(),
            messengers: pigeons(self, &life),
            issuer: Default::default(),
            entropy: self.dice.entropy(),
        });
        let worker = Arc::clone(&service);
        let alarms = tokio::spawn(async move { worker.run(CancellationToken::new()).await });
        let facts = service.facts();
        self.replicas().push(Replica { life, service, facts, alarms });
        self.unrest();
        self.tally.raise("replica starts");
    }

    /// Counts what replicas told, and buries the dead.
    pub fn look_after_replicas(&self) {
        let mut replicas = self.replicas();
        for replica in replicas.iter_mut() {
            while let Some(fact) = next(&mut replica.facts) {
                self.tally.raise(name(&fact));
            }
        }
        let before = replicas.len();
        replicas.retain(|replica| {
            let over = replica.life.is_over();
            if over {
                replica.alarms.abort();
            }
            !over
        });
        if replicas.len() < before {
            drop(replicas);
            self.unrest();
        }
    }
}

fn next(facts: &mut Receiver<Fact>) -> Option<Fact> {
    loop {
        match facts.try_recv() {
            Ok(fact) => return Some(fact),
            Err(TryRecvError::Lagged(_)) => {}
            Err(_) => return None,
        }
    }
}

fn name(fact: &Fact) -> String {
    match &fact.kind {
        FactKind::Issued => "issued".into(),
        FactKind::Delivery { status, .. } => format!("delivery {}", status.as_str()),
        FactKind::TakenOver { .. } => "taken over".into(),
        FactKind::FellBack { reason, .. } => format!("fell back, {}", reason.as_str()),
        FactKind::ChangedSender { reason, .. } => format!("changed sender, {}", reason.as_str()),
        FactKind::TextWithheld { rule, enforced: true } => {
            format!("text withheld, {}", rule.as_str())
        }
        FactKind::TextWithheld { .. } => "text noted by a rule".into(),
        FactKind::GuessCounted { .. } => "guess counted".into(),
        FactKind::Locked { .. } => "locked".into(),
        FactKind::Concluded { reason, .. } => format!("concluded, {}", reason.as_str()),
        FactKind::FlowReported(outcome) => format!("flow {}", outcome.as_str()),
    }
}
