//! What becomes of a good text message.

use std::{future::pending, sync::Arc};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{
    Cloud, Fault, ids,
    message::Message,
    refusal::{exception, of_code},
    rendered,
    request::{Sms, recipient},
};
use crate::simulator::{
    behaviour::{Fate, Step},
    course,
    inbox::Channel,
    line::Line,
    number,
};

pub(super) async fn send(
    cloud: &Arc<Cloud>,
    line: &Line,
    body: &Map<String, Value>,
) -> Result<Response, Fault> {
    if let Some(to) = recipient(body) {
        cloud.world.ledger.record(&to, Channel::Sms);
    }
    let sms = Sms::read(body, cloud.account())?;
    if cloud.account().sandbox {
        let reason = Some("DESTINATION_PHONE_NUMBER_NOT_VERIFIED");
        return Err(exception("ConflictException", reason));
    }
    // Nobody's phone rings for a dry run, so nobody's behaviour shows in it.
    if sms.dry_run {
        return Ok(rendered(&json!({ "MessageId": ids::uuid() })));
    }
    let fate = cloud.world.script.next(&sms.to, Channel::Sms);
    tracing::debug!(to = number::masked(&sms.to), ?fate, "an SMS for AWS");
    meet(cloud, fate, sms, line).await
}

async fn meet(cloud: &Arc<Cloud>, fate: Fate, sms: Sms, line: &Line) -> Result<Response, Fault> {
    match fate {
        Fate::Accept(steps) => Ok(accept(cloud, sms, steps)),
        Fate::Hold(_) => Ok(accept(cloud, sms, Vec::new())),
        Fate::Lose(steps) => {
            accept(cloud, sms, steps);
            line.cut();
            pending().await
        }
        Fate::Refuse { code, .. } => Err(of_code(code)),
        Fate::Exception { name, reason } => Err(exception(name, reason)),
        Fate::Broken(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            Ok((status, "upstream connect error").into_response())
        }
        Fate::Hang => pending().await,
        Fate::Close => {
            line.cut();
            pending().await
        }
    }
}

fn accept(cloud: &Arc<Cloud>, sms: Sms, steps: Vec<Step>) -> Response {
    let id = ids::uuid();
    cloud.texts.add(&id, &sms.to, sms.feedback);
    let message = Message::new(cloud, id.clone(), sms);
    cloud.world.spawn(course::run(steps, cloud.world.settings.pace, message));
    rendered(&json!({ "MessageId": id }))
}
