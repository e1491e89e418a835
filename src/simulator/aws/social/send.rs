//! `SendWhatsAppMessage`: what AWS sees of a message before it hands it to Meta.

use std::{
    future::pending,
    sync::{Arc, PoisonError},
    time::Instant,
};

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{Cloud, Fault, Members, PHONE, blob, ids, invalid, message::Message, missing, unfit};
use crate::simulator::{
    TemplateStatus,
    aws::{fault::REQUEST_ID, shape::Text},
    behaviour::{Fate, Step},
    course,
    inbox::Channel,
    line::Line,
    meta::{Otp, recipient},
    number,
};

const MEMBERS: &[&str] = &["originationPhoneNumberId", "message", "metaApiVersion"];
const LARGEST: usize = 2_048_000;
const VERSION: Text = Text { min: 1, max: 16, fits: version };

/// A message that AWS takes, and the code by which Meta refuses it, if it does.
struct Taken {
    otp: Otp,
    refused: Option<u32>,
}

pub(super) async fn send(
    cloud: &Arc<Cloud>,
    line: &Line,
    members: &Map<String, Value>,
) -> Result<Response, Fault> {
    let members = Members::read(members, MEMBERS)?;
    let message = blob(&members, "message", LARGEST)?;
    let message = message.ok_or_else(|| invalid("The member message must not be null."))?;
    let body: Value =
        serde_json::from_slice(&message).map_err(|_| unfit("The message is not valid JSON."))?;
    let to = recipient(&body);
    if let Some(to) = &to {
        cloud.world.ledger.record(to, Channel::WhatsApp);
    }
    sender(cloud, &members)?;
    // That AWS looks into the message at all is not known; without a recipient no receipt could tell of
    // the failure.
    let to = to.ok_or_else(|| unfit("The message names no recipient."))?;
    let taken = judge(cloud, &body, to);
    let fate = cloud.world.script.next(&taken.otp.to, Channel::WhatsApp);
    tracing::debug!(to = number::masked(&taken.otp.to), ?fate, "a WhatsApp message for AWS");
    meet(cloud, fate, taken, line).await
}

fn sender(cloud: &Cloud, members: &Members) -> Result<(), Fault> {
    let account = cloud.account();
    let id = members.required("originationPhoneNumberId", PHONE)?;
    let version = members.required("metaApiVersion", VERSION)?;
    if id != account.phone_number_id && id != account.phone_arn() {
        return Err(missing("phone number"));
    }
    if !account.meta_versions.iter().any(|known| known == version) {
        return Err(unfit(format!("The version {version} is not supported.")));
    }
    Ok(())
}

fn version(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.strip_prefix('v').is_some_and(|rest| rest.split('.').all(digits))
}

/// Meta's verdict, which the caller learns by a receipt.
fn judge(cloud: &Cloud, body: &Value, to: String) -> Taken {
    let templates = cloud.templates.lock().unwrap_or_else(PoisonError::into_inner);
    let state = |name: &str, language: &str| {
        templates.is_approved(name, language).then_some(TemplateStatus::Approved)
    };
    match Otp::read(body, &cloud.world.settings.meta, state) {
        Ok(otp) => Taken { otp, refused: None },
        Err(error) => {
            let text = |key: &str| body[key].as_str().map(str::to_owned);
            let input = text("to").unwrap_or_default();
            let reference = text("biz_opaque_callback_data");
            let otp = Otp { to, input, code: String::new(), reference };
            Taken { otp, refused: Some(error.code()) }
        }
    }
}

async fn meet(
    cloud: &Arc<Cloud>,
    fate: Fate,
    taken: Taken,
    line: &Line,
) -> Result<Response, Fault> {
    match fate {
        Fate::Accept(steps) => Ok(accept(cloud, taken, steps)),
        Fate::Hold(_) => Ok(accept(cloud, taken, Vec::new())),
        Fate::Lose(steps) => {
            accept(cloud, taken, steps);
            line.cut();
            pending().await
        }
        Fate::Refuse { code, .. } => Ok(accept(cloud, taken, refusal(code))),
        Fate::Exception { name, .. } => Err(exception(name)),
        Fate::Broken(status) => Ok(broken(status)),
        Fate::Hang => pending().await,
        Fate::Close => {
            line.cut();
            pending().await
        }
    }
}

/// How Meta's refusal arrives. UNCONFIRMED by any page but for a recipient without WhatsApp.
fn refusal(code: u32) -> Vec<Step> {
    vec![Step::Pause, Step::Failed(code)]
}

fn accept(cloud: &Arc<Cloud>, taken: Taken, steps: Vec<Step>) -> Response {
    let refused = taken.refused.or_else(|| {
        let mut limits = cloud.limits.lock().unwrap_or_else(PoisonError::into_inner);
        limits.admit(&taken.otp.to, Instant::now()).err()
    });
    let steps = refused.map_or(steps, refusal);
    let message = Message::new(cloud, taken.otp);
    let body = json!({ "messageId": message.id() });
    cloud.world.spawn(course::run(steps, cloud.world.settings.pace, message));
    ([(REQUEST_ID, ids::header())], Json(body)).into_response()
}

/// Any exception of this service by its name; the status is the model's.
fn exception(name: &'static str) -> Fault {
    let status = match name {
        "AccessDeniedException" | "AccessDeniedByMetaException" => 403,
        "ResourceNotFoundException" => 404,
        "ConflictException" => 409,
        "ThrottledRequestException" => 429,
        "InternalServiceException" => 500,
        "DependencyException" => 502,
        _ => 400,
    };
    Fault::new(status, name, "The request could not be processed.")
}

fn broken(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    (status, "upstream connect error or disconnect/reset before headers").into_response()
}
