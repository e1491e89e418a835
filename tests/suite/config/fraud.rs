//! `[fraud]`, and limits that are only observed.

use pombo::{
    config::Config,
    otp::toll::{Rule, Screen},
};

use super::{
    refusals::{caller, check},
    serve,
};

#[test]
fn what_is_wrong_is_refused_by_name() {
    let quota = format!("[{}]", caller(", quota = [\"5/1h\", \"9/1h\"]"));
    check(&[
        (&[("fraud.enforce", "everything")], "fraud.enforce", "\"prefix_budget\""),
        (
            &[("fraud.enforce", "spend_cap"), ("fraud.observe", "spend_cap")],
            "fraud.observe",
            "keep one",
        ),
        (&[("fraud.blocked_prefixes", "8821")], "fraud.blocked_prefixes", "+ and 1 to 14 digits"),
        (&[("fraud.prefix_digits", "2")], "fraud.prefix_digits", "from 3 to 12"),
        (&[("fraud.prefix_hourly", "0")], "fraud.prefix_hourly", "from 1 to 1000000"),
        (&[("fraud.prefix_daily", "many")], "fraud.prefix_daily", "from 1 to 1000000"),
        (&[("fraud.country_hourly", "0")], "fraud.country_hourly", "from 1 to 1000000"),
        (&[("fraud.country_daily", "-1")], "fraud.country_daily", "from 1 to 1000000"),
        (&[("fraud.completion", "35")], "fraud.completion", "from 0.05 to 0.95"),
        (&[("fraud.completion", "NaN")], "fraud.completion", "from 0.05 to 0.95"),
        (&[("fraud.matured", "9")], "fraud.matured", "from 10 to 1000"),
        (&[("fraud.rest", "5m")], "fraud.rest", "at least \"10m\""),
        (&[("fraud.spend", "50")], "fraud.spend", "50/1h"),
        (&[("fraud.spend", "0/1h")], "fraud.spend", "50/1h"),
        (&[("fraud.price", "0.0001")], "fraud.price", "three decimals"),
        (&[("fraud.price", "-1")], "fraud.price", "three decimals"),
        (&[("fraud.prices.brazil", "1")], "fraud.prices.brazil", "two capital letters"),
        (&[("limits.observe", "recipient")], "limits.observe", "\"client_ip\""),
        (&[("limits.caller", "5/1h,9/60m")], "limits.caller", "smaller count"),
        (&[("callers", &quota)], "callers.0.quota", "smaller count"),
    ]);
}

fn rules(changes: &[(&str, &str)]) -> (Vec<Rule>, Vec<Rule>) {
    let config: Config = serve(changes).unwrap();
    let tolls = config.fraud.tolls;
    (tolls.enforced.into_iter().collect(), tolls.observed.into_iter().collect())
}

#[test]
fn what_one_list_names_leaves_the_other() {
    use Rule::{CountryBudget, PrefixBreaker, PrefixBudget, SpendCap};
    let budgets = vec![PrefixBreaker, PrefixBudget, CountryBudget];
    assert_eq!(rules(&[]), (vec![SpendCap], budgets.clone()));
    let enforced = rules(&[("fraud.enforce", "prefix_breaker")]);
    assert_eq!(enforced, (vec![PrefixBreaker], vec![PrefixBudget, CountryBudget]));
    let observed = rules(&[("fraud.observe", "spend_cap")]);
    assert_eq!(observed, (vec![], vec![SpendCap]));
    let off = rules(&[("fraud.enforce", "[]"), ("fraud.observe", "[]")]);
    assert_eq!(off, (vec![], vec![]));
}

#[test]
fn screens_are_enforced_unless_they_are_to_be_observed() {
    let screens = |changes| serve(changes).unwrap().fraud.screens;
    assert_eq!(screens(&[]).enforced.len(), 2);
    let observed = screens(&[("fraud.observe", "number_type")]);
    assert_eq!(observed.observed.into_iter().collect::<Vec<_>>(), [Screen::NumberType]);
    assert_eq!(observed.enforced.into_iter().collect::<Vec<_>>(), [Screen::BlockedPrefix]);
}

#[test]
fn money_is_counted_in_thousandths() {
    let prices =
        [("fraud.spend", "12.5/1h"), ("fraud.price", "0.05"), ("fraud.prices.br", "0.002")];
    let tolls = serve(&prices).unwrap().fraud.tolls;
    assert_eq!(tolls.spend.unwrap().count.get(), 12_500);
    assert_eq!(tolls.prices.usual, 50);
    assert_eq!(tolls.prices.by_country.values().copied().collect::<Vec<_>>(), [2]);
}

#[test]
fn rules_that_do_nothing_or_too_much_are_told_of() {
    let told = |changes: &[(&str, &str)]| -> Vec<&str> {
        serve(changes).unwrap().cautions().iter().map(|caution| caution.key).collect()
    };
    let prefixes = ("fraud.blocked_prefixes", "+8821");
    let spend = ("fraud.spend", "50/1h");
    assert_eq!(told(&[prefixes, spend]), [""; 0]);
    let only = ("fraud.enforce", "prefix_budget");
    assert_eq!(told(&[only, prefixes, spend]), ["fraud.blocked_prefixes", "fraud.spend"]);
    let dear = ("fraud.prices.br", "50.001");
    assert_eq!(told(&[spend, dear]), ["fraud.price"]);
    assert_eq!(told(&[spend, ("fraud.prices.br", "50")]), [""; 0]);
    assert_eq!(told(&[only, spend, dear]), ["fraud.spend"]);
    let country = ("fraud.enforce", "country_budget");
    assert_eq!(told(&[country]), ["fraud.country_hourly"]);
    let hourly = ("fraud.country_hourly", "200");
    assert_eq!(told(&[country, hourly]), ["fraud.country_hourly"], "and the day's?");
    assert_eq!(told(&[country, hourly, ("fraud.country_daily", "900")]), [""; 0]);
}
