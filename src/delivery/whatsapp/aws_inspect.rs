//! A look at the WhatsApp number that AWS sends from. The template is looked at by
//! [`templates`](super::templates).

use aws_config::SdkConfig;
use aws_sdk_socialmessaging::{Client, types::WhatsAppPhoneNumberDetail};

use crate::delivery::{Inspection, Trouble, aws_inspect as aws};

const NUMBER: &str = "whatsapp number";

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

fn found(number: Option<&WhatsAppPhoneNumberDetail>) -> Inspection {
    let quality = number.map_or("unknown", WhatsAppPhoneNumberDetail::quality_rating);
    let state = format!("linked, quality {}", quality.to_lowercase());
    if quality.eq_ignore_ascii_case("red") {
        let sentence = "people block or report it, and Meta may restrict it; send less";
        return Inspection::warning(NUMBER, format!("{state}: {sentence}"));
    }
    Inspection::sound(NUMBER, state)
}
