//! A look at the WhatsApp number that AWS sends from, and at where its receipts go. The template is looked at by
//! [`templates`](super::templates).

use aws_config::SdkConfig;
use aws_sdk_socialmessaging::{
    Client,
    types::{LinkedWhatsAppBusinessAccount as Account, WhatsAppPhoneNumberDetail},
};

use crate::delivery::{Inspection, Trouble, aws_inspect as aws};

const NUMBER: &str = "whatsapp number";
const EVENTS: &str = "whatsapp events";

/// Looks at the sending number.
pub async fn inspect(config: &SdkConfig, phone_number_id: &str) -> Inspection {
    let look = Client::new(config).get_linked_whats_app_business_account_phone_number();
    match look.id(phone_number_id).send().await {
        Ok(answer) => found(answer.phone_number.as_ref()),
        Err(error) => {
            let refusal = aws::refusal(&error);
            let remedy = match refusal.trouble {
                Trouble::NotFound => {
                    "set whatsapp.aws.phone_number_id to the id of a number that is linked to the \
                     account in whatsapp.aws.region"
                }
                trouble => aws::remedy(trouble),
            };
            Inspection::refused(NUMBER, &refusal, remedy)
        }
    }
}

/// Looks whether the number's account tells this topic what becomes of messages. `None` where the
/// account can't be found, which the look at the number tells.
pub async fn inspect_events(
    config: &SdkConfig,
    phone_number_id: &str,
    topic_arn: &str,
) -> Option<Inspection> {
    let client = Client::new(config);
    let number = client.get_linked_whats_app_business_account_phone_number().id(phone_number_id);
    let id = number.send().await.ok()?.linked_whats_app_business_account_id?;
    let look = client.get_linked_whats_app_business_account().id(id);
    Some(match look.send().await.map_err(|error| aws::refusal(&error)) {
        Ok(answer) => told(answer.account.as_ref(), topic_arn),
        // Who may send need not be allowed to look.
        Err(refusal) if refusal.trouble == Trouble::Permission => {
            Inspection::warning(EVENTS, format!("can't be looked at: {}", refusal.detail))
        }
        Err(refusal) => Inspection::refused(EVENTS, &refusal, aws::remedy(refusal.trouble)),
    })
}

fn told(account: Option<&Account>, topic_arn: &str) -> Inspection {
    let destinations = account.map(Account::event_destinations).unwrap_or_default();
    let go = match destinations {
        [] => "go nowhere",
        all if all.iter().any(|it| it.event_destination_arn == topic_arn) => {
            return Inspection::sound(EVENTS, "go to the topic");
        }
        _ => "go elsewhere than whatsapp.aws.topic_arn says",
    };
    let remedy = "make that topic the event destination of the WhatsApp Business Account";
    Inspection::fault(EVENTS, format!("{go}, so no receipt comes; {remedy}"))
}

fn found(number: Option<&WhatsAppPhoneNumberDetail>) -> Inspection {
    let quality = number.map_or("unknown", WhatsAppPhoneNumberDetail::quality_rating);
    let state = format!("linked, quality {}", quality.to_lowercase());
    if quality.eq_ignore_ascii_case("red") {
        let sentence = "people block or report it, and Meta may restrict it; send less";
        return Inspection::warning(NUMBER, format!("{state}: {sentence}"));
    }
    Inspection::sound(NUMBER, state)
}
