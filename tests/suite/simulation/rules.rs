//! Who lives in the town, and the rules of a run: tight ones, so that their ends are reached.

use std::{collections::BTreeSet, num::NonZeroU32, sync::OnceLock, time::Duration};

use pombo::{
    otp::{
        Channel, Code, PhoneNumber, Policy, Profile, Purpose, RecipientKey, Rules, Transaction,
        limits::Window,
        policy::LedgerRules,
        toll::{self, Budget, Rule, breaker},
    },
    service::{SharedLimits, numbers::Admitted},
};

use super::{dice::Dice, town::index};

/// Senders, in their order.
pub const WHATSAPP: [&str; 2] = ["cloud", "aws"];
pub const SMS: [&str; 2] = ["twilio", "aws"];

/// Callers, purposes and subjects.
pub const FLOWS: [(&str, Purpose, &str); 9] = [
    ("shop", Purpose::Login, "ana"),
    ("shop", Purpose::Login, "bia"),
    ("bank", Purpose::Login, "ana"),
    ("shop", Purpose::Signup, "ana"),
    ("bank", Purpose::Recovery, "ana"),
    ("bank", Purpose::PhoneChange, "ana"),
    ("bank", Purpose::Transaction, "ana"),
    ("bank", Purpose::Transaction, "bia"),
    ("shop", Purpose::DeviceRegistration, ""),
];

/// Phones; the last one is a test number.
pub const PHONES: usize = 5;
const NUMBERS: [&str; PHONES] =
    ["+5511987654300", "+5511987654301", "+5521987654302", "+351912345678", "+15550100001"];

/// The test number's code.
pub const TEST_CODE: &str = "424242";

/// A phone's number, as the edge admits it.
pub fn phone(which: usize) -> Admitted {
    static READ: OnceLock<Vec<PhoneNumber>> = OnceLock::new();
    let read = || NUMBERS.map(|text| PhoneNumber::parse_test_number(text).unwrap()).into();
    let number = READ.get_or_init(read)[which].clone();
    let test_code = (which == PHONES - 1).then(|| Code::parse(TEST_CODE).unwrap());
    Admitted { number, test_code }
}

/// Whether a record is a person's. Others are of what is known of prefixes and countries.
pub fn is_home(place: &RecipientKey) -> bool {
    static HOMES: OnceLock<Vec<RecipientKey>> = OnceLock::new();
    let home = |which| index().recipient(&phone(which).number);
    HOMES.get_or_init(|| (0..PHONES).map(home).collect()).contains(place)
}

/// One of a few payments.
pub fn payment(which: u8) -> Transaction {
    Transaction::parse(&format!("{which}.50"), "BRL", "Padaria", "").unwrap()
}

/// The rules of a run, where there are text messages for certain or perhaps.
pub fn rules(dice: &Dice, has_sms: bool) -> Rules {
    let windows = dice.pick(&["5/10m 12/24h", "30/10m", "30/10m", "3/1m 8/1h"]);
    let (failures_in_a_row, failures_per_day) = dice.pick(&[(10, 20), (4, 9), (3, 7)]);
    let senders = [(1, 1), (2, 1), (1, 2), (2, 2), (1, 0)];
    let (whatsapp, sms) = dice.pick(if has_sms { &senders[..4] } else { &senders });
    let (odd, even) = (policy(dice, sms > 0), policy(dice, sms > 0));
    Rules {
        policies: std::array::from_fn(|i| if i % 2 == 0 { odd.clone() } else { even.clone() }),
        recipient: windows.split(' ').map(|window| window.parse().unwrap()).collect(),
        ledger: LedgerRules {
            failures_in_a_row,
            lock: dice.pick(&[60, 1800].map(Duration::from_secs)),
            failures_per_day,
        },
        retention: Duration::from_secs(86_400),
        send_window: Duration::from_secs(15),
        whatsapp_senders: WHATSAPP[..whatsapp].iter().map(ToString::to_string).collect(),
        sms_senders: SMS[..sms].iter().map(ToString::to_string).collect(),
    }
}

fn policy(dice: &Dice, has_sms: bool) -> Policy {
    use Channel::{Sms, Whatsapp};
    let plans = [vec![Whatsapp, Sms], vec![Whatsapp, Sms], vec![Sms, Whatsapp]];
    let plans = if has_sms { plans.to_vec() } else { vec![vec![Whatsapp]] };
    let evidence = || dice.some(0.4, || dice.seconds(5..=60));
    Policy {
        ttl: dice.pick(&[60, 300].map(Duration::from_secs)),
        max_life: Duration::from_secs(600),
        length: 6,
        max_attempts: dice.pick(&[1, 3, 5, 5]),
        profile: Profile::Keyed,
        waits: dice
            .pick(&[vec![5, 10, 20], vec![30, 60, 120], vec![2, 2, 2, 2]])
            .into_iter()
            .map(Duration::from_secs)
            .collect(),
        plan: dice.pick(&plans),
        undelivered: Duration::from_secs(20),
        unread: evidence(),
        unverified: evidence(),
    }
}

/// Limits that the phones share.
pub fn shared_limits(dice: &Dice) -> SharedLimits {
    let windows = |choice: &[&str]| -> Vec<Window> {
        dice.pick(choice).split_whitespace().map(|window| window.parse().unwrap()).collect()
    };
    SharedLimits {
        subject: windows(&["", "20/10m", "2/1m"]),
        client_ip: windows(&["", "1/2m"]),
        caller: windows(&["", "100/1h", "2/2m"]),
        ..SharedLimits::default()
    }
}

/// The rules against toll fraud, where there are any: those that stand in the way soon.
pub fn tolls(dice: &Dice) -> toll::Rules {
    use Rule::{CountryBudget, PrefixBreaker, PrefixBudget, SpendCap};
    let mut enforced = BTreeSet::from_iter(dice.pick(&[
        vec![PrefixBreaker],
        vec![PrefixBudget, CountryBudget],
        vec![PrefixBreaker, CountryBudget],
        vec![PrefixBreaker, SpendCap],
        vec![PrefixBudget, CountryBudget, SpendCap],
        Rule::ALL.to_vec(),
    ]));
    let observed = dice.some(0.3, || dice.pick(&Rule::ALL));
    enforced.retain(|rule| Some(*rule) != observed);
    let (matured, completion) = dice.pick(&[(1, 0.75), (2, 0.6)]);
    toll::Rules {
        enforced,
        observed: observed.into_iter().collect(),
        prefix_digits: dice.pick(&[2, 7]),
        breaker: breaker::Rules {
            completion,
            matured: count(matured),
            rest: dice.pick(&[60, 600].map(Duration::from_secs)),
        },
        prefix: budget(dice),
        country: budget(dice),
        // As long as the days of the budgets, so that what is charged is known for as long.
        spend: dice.pick(&["4500/24h", "12000/24h"]).parse().ok(),
        ..toll::Rules::default()
    }
}

fn budget(dice: &Dice) -> Budget {
    let (hour, day) = dice.pick(&[(1, 3), (2, 6), (4, 9)]);
    Budget { hour: count(hour), day: count(day) }
}

fn count(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap()
}
