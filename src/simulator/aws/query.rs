//! The Query protocol: STS and SNS take forms and answer XML.

use std::sync::Arc;

use axum::{
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};

use super::{
    Cloud,
    account::AwsAccount,
    fault::Fault,
    ids,
    incoming::{Form, Incoming},
    sigv4::{self, Refusal},
    sns,
};

const STS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const SNS: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

/// Answers a form by its `Action`, which tells the service too.
pub(super) fn answer(cloud: &Arc<Cloud>, request: &Incoming) -> Response {
    let form = request.form();
    let account = &cloud.world.settings.aws;
    let action = form.get("Action").unwrap_or_default();
    match action {
        "GetCallerIdentity" => {
            let result = signed(request, account, "sts").map(|()| identity(account));
            rendered(action, STS, result)
        }
        "Publish" => {
            let result = signed(request, account, "sns");
            let result = result.and_then(|()| sns::publish::publish(cloud, &form));
            rendered(action, SNS, result)
        }
        "GetTopicAttributes" => {
            let result = signed(request, account, "sns");
            let result = result.and_then(|()| sns::topics::attributes(cloud, &form));
            rendered(action, SNS, result)
        }
        // The token is all that this needs.
        "ConfirmSubscription" => confirm(cloud, &form),
        _ => Fault::new(400, "InvalidAction", "The action is not valid here.").xml(SNS),
    }
}

/// A subscription's confirmation, by form or by a visit of its `SubscribeURL`.
pub(super) fn confirm(cloud: &Cloud, form: &Form) -> Response {
    rendered("ConfirmSubscription", SNS, sns::topics::confirm(cloud, form))
}

fn signed(request: &Incoming, account: &AwsAccount, service: &str) -> Result<(), Fault> {
    sigv4::check(request, account, service).map_err(|refusal| {
        let name = match refusal {
            Refusal::Missing => "MissingAuthenticationToken",
            Refusal::UnknownKey => "InvalidClientTokenId",
            Refusal::WrongScope | Refusal::Expired | Refusal::Mismatch => "SignatureDoesNotMatch",
        };
        Fault { name, ..Fault::from(refusal) }
    })
}

fn identity(account: &AwsAccount) -> String {
    let id = &account.account_id;
    format!(
        "<Arn>arn:aws:iam::{id}:user/pombo</Arn><UserId>AIDASIMULATED0000000</UserId>\
         <Account>{id}</Account>"
    )
}

fn rendered(action: &str, namespace: &str, result: Result<String, Fault>) -> Response {
    match result {
        Ok(result) => {
            let body = format!(
                "<{action}Response xmlns=\"{namespace}\"><{action}Result>{result}\
                 </{action}Result><ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata>\
                 </{action}Response>",
                ids::uuid()
            );
            (StatusCode::OK, [(CONTENT_TYPE, "text/xml")], body).into_response()
        }
        Err(fault) => fault.xml(namespace),
    }
}

/// Text that can stand between two tags.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
