//! `POST /{version}/{phone number id}/messages`: what becomes of a good request.

use std::{
    future::pending,
    sync::{Arc, PoisonError},
    time::Instant,
};

use axum::{
    body::Bytes,
    extract::{ConnectInfo, Path, State, rejection::BytesRejection},
    http::HeaderMap,
    response::Response,
};

use super::{
    answer,
    cloud::{Cloud, json},
    error::GraphError,
    message::Message,
    request::{Otp, recipient},
    templates,
};
use crate::simulator::{
    behaviour::{Fate, Step},
    course,
    inbox::Channel,
    line::Line,
    number,
};

pub(super) async fn send(
    State(cloud): State<Arc<Cloud>>,
    ConnectInfo(line): ConnectInfo<Line>,
    Path((version, object)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, GraphError> {
    cloud.may_send(&headers, (&version, &object))?;
    let body = json(&headers, body, "messaging_product")?;
    if let Some(to) = recipient(&body) {
        cloud.world.ledger.record(&to, Channel::WhatsApp);
    }
    let state = |name: &str, language: &str| templates::status(&cloud.world, name, language);
    let otp = Otp::read(&body, &cloud.world.settings.meta, state)?;
    let fate = cloud.world.script.next(&otp.to, Channel::WhatsApp);
    tracing::debug!(to = number::masked(&otp.to), ?fate, "a good WhatsApp message");
    cloud.meet(fate, otp, &line).await
}

impl Cloud {
    async fn meet(&self, fate: Fate, otp: Otp, line: &Line) -> Result<Response, GraphError> {
        match fate {
            Fate::Accept(steps) => self.accept(otp, steps, "accepted"),
            Fate::Hold(status) => self.accept(otp, Vec::new(), status),
            Fate::Lose(steps) => {
                self.accept(otp, steps, "accepted")?;
                line.cut();
                pending().await
            }
            Fate::Refuse { code, status } => Err(GraphError::scripted(code, status)),
            Fate::Exception { .. } => Err(GraphError::known(1)),
            Fate::Broken(status) => Ok(answer::broken(status)),
            Fate::Hang => pending().await,
            Fate::Close => {
                line.cut();
                pending().await
            }
        }
    }

    /// Only what goes out counts against the limits.
    fn accept(&self, otp: Otp, steps: Vec<Step>, status: &str) -> Result<Response, GraphError> {
        let mut limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        limits.admit(&otp.to, Instant::now()).map_err(GraphError::known)?;
        drop(limits);
        let message = Message::new(&self.world, otp);
        let answer = answer::accepted(&message, status);
        self.world.spawn(course::run(steps, self.world.settings.pace, message));
        Ok(answer)
    }
}
