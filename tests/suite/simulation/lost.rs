//! Two commits of one call whose answers are lost, the first of which is carried out after all.

use std::{sync::Arc, time::Duration};

use pombo::{otp::DeliveryStatus::Queued, service::Fault::Unsure};
use tokio::{join, time::sleep};

use super::{
    as_it_is, calls::call, laws::Told, on_simulated_time, town::Town, twins::issue, weather::Fault,
};

/// Long enough for a message to go out, and too short for anybody to take it over.
const SOON: Duration = Duration::from_secs(4);

/// After the first commit was carried out, and before anybody finds out that it was.
const BETWEEN: Duration = Duration::from_millis(1400);

/// A town whose next commit is carried out 1.1 seconds later, and the one after it never.
fn town(seed: u64) -> Arc<Town> {
    let mut town = Town::drawn(seed);
    town.shared_limits = Default::default();
    town.tolls = Default::default();
    let town = town.opened(&as_it_is);
    (0..2).for_each(|number| town.start_replica(number));
    let later = (Fault::CarriedOutLater, Duration::from_millis(50));
    town.weather().store.commits = [later, (Fault::Lost, Duration::ZERO)].into();
    town
}

/// Asks for a code; perhaps somebody else asks for another one meanwhile, so that the record is not
/// as the first commit left it. Then each message has gone out soon.
async fn asks(town: &Arc<Town>, has_company: bool) {
    let services: Vec<_> = town.replicas().iter().map(|it| Arc::clone(&it.service)).collect();
    let (ours, theirs) = (issue(0, 0, ""), issue(2, 0, ""));
    let company = async {
        sleep(BETWEEN).await;
        if has_company {
            let told = call(&services[1], &theirs).await;
            assert!(matches!(told, Told::Issued(_)), "{told:?}");
        }
    };
    let (told, ()) = join!(call(&services[0], &ours), company);
    assert!(matches!(told, Told::Failed(Unsure)), "{told:?}");
    sleep(SOON).await;
    let seen = town.witness().seen();
    let challenges: Vec<_> = seen.records.values().flat_map(|record| &record.challenges).collect();
    assert_eq!(challenges.len(), 1 + usize::from(has_company));
    let first = challenges.iter().map(|challenge| &challenge.deliveries[0]);
    let late: Vec<_> = first.filter(|it| it.status == Queued || it.taken_over).collect();
    assert!(late.is_empty(), "{late:?}");
}

#[test]
fn a_message_goes_out_soon_though_two_answers_to_its_commits_were_lost() {
    for seed in 0..20 {
        on_simulated_time(async { asks(&town(seed), false).await });
        on_simulated_time(async { asks(&town(seed), true).await });
    }
}
