//! Bodies of callbacks, through all that reads them once their signature is found to be good. Who signs
//! is a provider, and what it sends is still not ours to believe.

use pombo::{
    delivery::{
        Callback,
        sms::{aws_events as aws_sms, twilio_webhook as twilio},
        sns::{Notification, signature::Key},
        whatsapp::{aws_events as aws_whatsapp, notices::Ours, webhook as meta},
    },
    otp::DeliveryStatus,
};

const URL: &str = "https://otp.example.com";

/// Reads a body as each provider's.
pub fn read(body: &[u8]) {
    of_meta(body);
    of_twilio(body);
    of_sns(body);
    let _ = Key::of_certificate(body);
}

fn ours() -> Ours {
    Ours { account: None, template: "verification_code".to_owned() }
}

fn of_meta(body: &[u8]) {
    if let Ok(batch) = meta::parse(body, &ours()) {
        judge(&batch.callbacks);
    }
    let text = String::from_utf8_lossy(body);
    assert!(!meta::verify_signature(&"secret".into(), &text, body), "signed by nobody");
    let _ = meta::handshake(&"token".into(), &text);
}

/// The query of the address is the first line, the form stands below it.
fn of_twilio(body: &[u8]) {
    let line = body.iter().position(|&byte| byte == b'\n').unwrap_or(0);
    let (query, form) = body.split_at(line);
    let query = String::from_utf8_lossy(query);
    let params = twilio::parse_form(form);
    let url = twilio::called_url(URL, &query);
    assert!(!twilio::verify_signature(&"secret".into(), &url, &params, &query), "signed by nobody");
    if let Ok(callback) = twilio::parse(&query, &params) {
        judge(callback.as_slice());
    }
}

/// What SNS says, and what was published by it; that also without SNS's envelope, which would cost the
/// search one more layer of JSON.
fn of_sns(body: &[u8]) {
    if let Ok(call) = Notification::parse(body) {
        let _ = (call.signed_text(), call.published_at());
        of_aws(&call.message);
    }
    if let Ok(message) = std::str::from_utf8(body) {
        of_aws(message);
    }
}

fn of_aws(message: &str) {
    if let Ok(callback) = aws_sms::parse(message) {
        judge(callback.as_slice());
    }
    if let Ok(batch) = aws_whatsapp::parse(message, &ours()) {
        judge(&batch.callbacks);
    }
}

/// A failure has a reason, and nothing else has one; what is ours has one spelling.
fn judge(callbacks: &[Callback]) {
    for callback in callbacks {
        let (status, failure) = match callback {
            Callback::Receipt(receipt) => {
                let name = receipt.delivery.to_string();
                assert_eq!(name.parse(), Ok(receipt.delivery));
                (receipt.status, receipt.failure)
            }
            Callback::Unnamed { status, failure, .. } => (*status, *failure),
            Callback::NotRequested { .. } | Callback::Notice(_) => continue,
        };
        assert_eq!(status == DeliveryStatus::Failed, failure.is_some());
    }
}
