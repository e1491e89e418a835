//! `Publish`: what the sender tells a topic, kept for a test to read and passed on to subscribers.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
};

use super::{Cloud, Fault, Form, ids, invalid, no_topic, notification::Notification};

/// SNS's limit for a message, its attributes included.
const LARGEST: usize = 256 * 1024;
const LONGEST_SUBJECT: usize = 100;
/// The oldest are forgotten past this many.
const CAPACITY: usize = 10_000;

/// One message that was published to a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    pub id: String,
    pub topic: String,
    pub subject: Option<String>,
    pub message: String,
    /// Data type and value by name.
    pub attributes: BTreeMap<String, (String, String)>,
}

/// The result, in XML.
pub(in crate::simulator::aws) fn publish(cloud: &Arc<Cloud>, form: &Form) -> Result<String, Fault> {
    let published = read(cloud, form)?;
    let Published { id, topic, subject, message, attributes } = published.clone();
    keep(cloud, published);
    // Whoever publishes does not wait for subscribers.
    let result = format!("<MessageId>{id}</MessageId>");
    let teller = Arc::clone(cloud);
    let notification = Notification { id, topic, subject, message, attributes };
    cloud.world.spawn(async move { teller.tell(notification).await });
    Ok(result)
}

fn read(cloud: &Cloud, form: &Form) -> Result<Published, Fault> {
    let topic = form.get("TopicArn").ok_or_else(|| invalid("TopicArn"))?;
    let message = form.get("Message").filter(|message| !message.is_empty());
    let message = message.ok_or_else(|| invalid("Empty message"))?;
    let subject = form.get("Subject");
    if subject.is_some_and(|subject| !is_subject(subject)) {
        return Err(invalid("Subject"));
    }
    if form.get("MessageStructure").is_some() || form.get("MessageGroupId").is_some() {
        return Err(invalid("not offered for these topics"));
    }
    let attributes = attributes(form)?;
    let sizes =
        attributes.iter().map(|(name, (kind, value))| name.len() + kind.len() + value.len());
    if message.len() + sizes.sum::<usize>() > LARGEST {
        return Err(invalid("Message too long"));
    }
    if !cloud.account().owns_topic(topic) {
        return Err(no_topic());
    }
    let (topic, message) = (topic.to_owned(), message.to_owned());
    let subject = subject.map(str::to_owned);
    Ok(Published { id: ids::uuid(), topic, subject, message, attributes })
}

/// ASCII that begins with a letter, a digit or a mark, on one line.
fn is_subject(subject: &str) -> bool {
    (1..=LONGEST_SUBJECT).contains(&subject.len())
        && subject.bytes().all(|b| (b' '..=b'~').contains(&b))
        && !subject.starts_with(' ')
}

fn attributes(form: &Form) -> Result<BTreeMap<String, (String, String)>, Fault> {
    let mut attributes = BTreeMap::new();
    for n in 1.. {
        let part = |part: &str| form.get(&format!("MessageAttributes.entry.{n}.{part}"));
        let Some(name) = part("Name") else {
            break;
        };
        let kind = part("Value.DataType").ok_or_else(|| invalid("MessageAttributes"))?;
        let value = part("Value.StringValue").or_else(|| part("Value.BinaryValue"));
        let value = value.filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| invalid("MessageAttributes"))?;
        attributes.insert(name.to_owned(), (kind.to_owned(), value.to_owned()));
    }
    Ok(attributes)
}

fn keep(cloud: &Cloud, published: Published) {
    let mut list = cloud.sns.published.lock().unwrap_or_else(PoisonError::into_inner);
    if list.len() == CAPACITY {
        list.pop_front();
    }
    list.push_back(published);
    drop(list);
    cloud.sns.change();
}

impl super::Sns {
    /// What was published to this topic, oldest first.
    pub fn published(&self, topic: &str) -> Vec<Published> {
        let list = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        list.iter().filter(|published| published.topic == topic).cloned().collect()
    }
}
