//! Two replicas behind one door: who gets no answer of one asks the other, once, as a client would.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use pombo::grpc::proto::{
    Challenge, GetChallengeRequest, VerifyCodeRequest, otp_service_client::OtpServiceClient,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};
use tokio_util::task::TaskTracker;
use tonic::{
    Code, Response, Status,
    transport::{Channel, Endpoint},
};

use super::flow::{issue, right_guess};
use crate::support::{
    pombo::{PATIENCE, Pombo, login},
    world::{World, number},
};

pub type Client = OtpServiceClient<Channel>;

/// The pause of a client that was told to come back: less than it was told, to be there early.
const COME_BACK: Duration = Duration::from_millis(250);

/// Replicas, by which calls go in turn.
pub struct House {
    pub world: World,
    replicas: [tokio::sync::Mutex<Pombo>; 2],
    doors: Mutex<[Client; 2]>,
    turn: AtomicUsize,
    /// Calls that have not ended, of those that began since somebody last waited for them.
    under_way: Mutex<TaskTracker>,
    /// Calls that began, that were answered, and that had no answer even when asked again.
    pub begun: watch::Sender<usize>,
    pub answered: watch::Sender<usize>,
    pub failed: watch::Sender<usize>,
    retries: AtomicUsize,
    /// Whether clients come back later after a call that failed twice.
    patient: bool,
}

impl House {
    /// Two replicas, whose clients ask each call twice at most.
    pub async fn new(world: World) -> Self {
        let replicas = [world.serve().await, world.serve_another().await];
        Self::of(world, replicas)
    }

    /// Of these replicas.
    pub fn of(world: World, replicas: [Pombo; 2]) -> Self {
        let doors = [door(&replicas[0]), door(&replicas[1])];
        Self {
            world,
            replicas: replicas.map(tokio::sync::Mutex::new),
            doors: Mutex::new(doors),
            turn: AtomicUsize::default(),
            under_way: Mutex::default(),
            begun: watch::Sender::default(),
            answered: watch::Sender::default(),
            failed: watch::Sender::default(),
            retries: AtomicUsize::default(),
            patient: false,
        }
    }

    /// With clients that do what `UNAVAILABLE` asks of them: come back.
    pub fn of_patient_clients(self) -> Self {
        Self { patient: true, ..self }
    }

    /// A call, by one of the replicas, and once more by the other if that one gave no answer.
    pub async fn call<T, F>(&self, call: impl Fn(Client) -> F) -> Result<T, Status>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let start = Instant::now();
        loop {
            self.begun.send_modify(|count| *count += 1);
            let answer = self.twice(&call).await;
            let counter = if answer.is_ok() { &self.answered } else { &self.failed };
            counter.send_modify(|count| *count += 1);
            if let Err(status) = &answer {
                println!("no answer by either: {:?}, {}", status.code(), status.message());
            }
            match answer {
                Err(status)
                    if self.patient && is_no_answer(&status) && start.elapsed() < PATIENCE =>
                {
                    sleep(COME_BACK).await;
                }
                answer => return answer.map(Response::into_inner),
            }
        }
    }

    async fn twice<T, F>(&self, call: impl Fn(Client) -> F) -> Result<Response<T>, Status>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let _under_way = self.under_way.lock().unwrap().token();
        let first = self.turn.fetch_add(1, Ordering::Relaxed) % 2;
        match call(self.door(first)).await {
            Err(status) if is_no_answer(&status) => {
                self.retries.fetch_add(1, Ordering::Relaxed);
                call(self.door(1 - first)).await
            }
            answer => answer,
        }
    }

    fn door(&self, replica: usize) -> Client {
        self.doors.lock().unwrap()[replica].clone()
    }

    /// kill -9, and another in its place, which is ready.
    pub async fn kill(&self, replica: usize) {
        let mut pombo = self.replicas[replica].lock().await;
        pombo.kill().await;
        self.start_again(replica, &mut pombo).await;
    }

    /// SIGTERM, its end waited for, and another in its place, which is ready.
    pub async fn replace(&self, replica: usize) {
        let mut pombo = self.replicas[replica].lock().await;
        pombo.terminate().await;
        assert_eq!(pombo.exit().await, 0);
        self.start_again(replica, &mut pombo).await;
    }

    async fn start_again(&self, replica: usize, pombo: &mut Pombo) {
        *pombo = match replica {
            0 => self.world.serve().await,
            _ => self.world.serve_another().await,
        };
        while readiness(pombo).await != 200 {
            sleep(Duration::from_millis(20)).await;
        }
        self.doors.lock().unwrap()[replica] = door(pombo);
    }

    /// Ends both, which must not have suffered.
    pub async fn stop(self) {
        for replica in self.replicas {
            let mut pombo = replica.into_inner();
            pombo.terminate().await;
            assert_eq!(pombo.exit().await, 0);
        }
    }

    /// What `/readyz` of a replica answers.
    pub async fn readiness(&self, replica: usize) -> u16 {
        readiness(&*self.replicas[replica].lock().await).await
    }

    /// What a replica has logged so far holds these words; waited for.
    pub async fn logs(&self, replica: usize, words: &str) -> String {
        let log = self.replicas[replica].lock().await.stderr.clone();
        log.wait_for(words, |line| line.contains(words)).await
    }

    pub async fn get(&self, challenge_id: &str) -> Result<Challenge, Status> {
        let request = GetChallengeRequest { challenge_id: challenge_id.to_owned() };
        let answer = self.call(|mut client| {
            let request = request.clone();
            async move { client.get_challenge(request).await }
        });
        Ok(answer.await?.challenge.unwrap())
    }

    /// A right guess at a challenge of its own, under a key.
    pub async fn right_guess(&self, index: u32) -> VerifyCodeRequest {
        let request = login(&number(index, "00"));
        let issued = issue(self, &request).await.unwrap();
        right_guess(&self.world, &request.recipient, &issued.challenge_id).await
    }

    /// How many calls the other replica was asked for because the first gave no answer.
    pub fn retries(&self) -> usize {
        self.retries.load(Ordering::Relaxed)
    }

    /// Waits until every call has ended that has begun: who met one replica at its end does not meet the
    /// next one at its end, too.
    pub async fn settles(&self) {
        let begun = std::mem::take(&mut *self.under_way.lock().unwrap());
        begun.close();
        begun.wait().await;
    }

    /// Waits until so many calls have been answered.
    pub async fn answers(&self, count: usize) {
        self.answered.subscribe().wait_for(|answered| *answered >= count).await.unwrap();
    }

    /// Does this, and waits until a call has failed since.
    pub async fn notices(&self, fault: impl FnOnce()) {
        let mut failed = self.failed.subscribe();
        let before = *failed.borrow();
        fault();
        let noticed = timeout(PATIENCE, failed.wait_for(|failed| *failed > before)).await;
        noticed.expect("somebody notices").unwrap();
    }
}

async fn readiness(pombo: &Pombo) -> u16 {
    reqwest::get(format!("http://{}/readyz", pombo.admin)).await.unwrap().status().as_u16()
}

fn door(pombo: &Pombo) -> Client {
    let endpoint = Endpoint::from_shared(format!("http://{}", pombo.grpc)).unwrap();
    OtpServiceClient::new(endpoint.connect_lazy())
}

/// Whether the call may do better elsewhere: it was turned away as `UNAVAILABLE`, or the connection broke
/// before an answer came, which a status of the client's own making tells by its source.
pub fn is_no_answer(status: &Status) -> bool {
    status.code() == Code::Unavailable || std::error::Error::source(status).is_some()
}
