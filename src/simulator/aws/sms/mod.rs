//! End User Messaging SMS: JSON 1.0, by the model of 2022-03-31.

mod send;

mod request;

mod refusal;

mod message;

mod event;

mod feedback;

mod describe;

use std::sync::Arc;

use axum::{
    http::{HeaderName, HeaderValue, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

pub use feedback::Feedback;
pub(super) use feedback::Texts;

use super::{
    Cloud,
    fault::{Fault, REQUEST_ID},
    ids,
    incoming::Incoming,
    shape::{Members, Misfit, Text},
    sigv4,
};
use crate::simulator::line::Line;

const SERVICE: &str = "sms-voice";
const TARGET: &str = "PinpointSMSVoiceV2.";
const JSON: &str = "application/x-amz-json-1.0";

/// Names of sets, numbers, pools; ids and ARNs among them.
const NAME: Text = Text { min: 1, max: 256, fits: name };

pub(super) fn json_headers() -> [(HeaderName, HeaderValue); 2] {
    [(CONTENT_TYPE, HeaderValue::from_static(JSON)), (REQUEST_ID, ids::header())]
}

pub(super) async fn answer(cloud: &Arc<Cloud>, line: &Line, request: &Incoming) -> Response {
    match respond(cloud, line, request).await {
        Ok(answer) => answer,
        Err(fault) => fault.json(),
    }
}

async fn respond(cloud: &Arc<Cloud>, line: &Line, request: &Incoming) -> Result<Response, Fault> {
    sigv4::check(request, cloud.account(), SERVICE)?;
    if !request.has_type(JSON) {
        return Err(Fault::new(400, "SerializationException", "The body must be JSON 1.0."));
    }
    let body = request.members().ok_or_else(|| {
        Fault::new(400, "SerializationException", "The body must be a JSON object.")
    })?;
    let target = request.header("x-amz-target").unwrap_or_default();
    let value = match target.strip_prefix(TARGET).unwrap_or_default() {
        "SendTextMessage" => return send::send(cloud, line, &body).await,
        "PutMessageFeedback" => feedback::put(cloud, &body),
        "DescribePhoneNumbers" => describe::numbers(cloud.account(), &body),
        "DescribeConfigurationSets" => describe::sets(cloud.account(), &body),
        "DescribeProtectConfigurations" => describe::protection(cloud.account(), &body),
        "DescribeAccountAttributes" => describe::attributes(cloud.account(), &body),
        _ => Err(Fault::new(400, "UnknownOperationException", "There is no such operation.")),
    }?;
    Ok(rendered(&value))
}

fn rendered(value: &Value) -> Response {
    (json_headers(), value.to_string()).into_response()
}

fn invalid(reason: &str, message: &str) -> Fault {
    Fault::new(400, "ValidationException", message).with("Reason", reason)
}

fn missing(kind: &str, id: &str) -> Fault {
    Fault::new(400, "ResourceNotFoundException", "The resource does not exist.")
        .with("ResourceType", kind)
        .with("ResourceId", id)
}

impl Misfit {
    fn fault(self) -> Fault {
        let field = json!([{ "Name": self.member, "Message": self.problem }]);
        invalid("FIELD_VALIDATION_FAILED", "A field is not valid.").with("Fields", field)
    }
}

fn members<'a>(body: &'a Map<String, Value>, known: &[&str]) -> Result<Members<'a>, Fault> {
    Members::read(body, known).map_err(Misfit::fault)
}

fn name(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_:/-".contains(&b))
}
