//! What the simulator writes to its log.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use super::rig::{CODE, Rig, WELL, otp};

/// A log that can be read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

// On one thread, so that a subscriber of this thread hears everything.
#[tokio::test(flavor = "current_thread")]
async fn no_log_line_holds_a_code_or_a_whole_number() {
    let log = Log::default();
    // With a single subscriber in the process, a line that another thread reaches first is judged by
    // that thread's, which is none, and for good. With two of them all are asked.
    let _other = tracing::Dispatch::new(tracing_subscriber::registry());
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("pombo=trace"))
        .with_writer(log.clone())
        .finish();
    let _here = tracing::subscriber::set_default(subscriber);
    let rig = Rig::start().await;
    rig.hooks.answer([500; 7]);
    rig.whatsapp(WELL).await;
    rig.meta(&otp("+5511987654301", CODE)).await.is_graph_error(400, 131_026);
    rig.meta(&otp(WELL, "1234567890123456")).await.is_graph_error(400, 100);
    rig.sms(WELL).await;
    #[cfg(feature = "aws")]
    {
        rig.simulator.aws().subscribe().await;
        rig.to_whatsapp("+5511987654310").send().await.unwrap();
        rig.to_whatsapp("+5511987654310").meta_api_version("v1").send().await.unwrap_err();
        rig.to_sms("+5511987654310").send().await.unwrap();
        rig.to_sms("+5511987654310").time_to_live(1).send().await.unwrap_err();
        rig.simulator.inbox().wait_for("+5511987654310", 2).await;
        assert!(log.text().contains("a WhatsApp message for AWS"), "{}", log.text());
    }
    rig.simulator.set_webhook_base("http://otp.example.com");
    rig.whatsapp("+5511987654302").await;
    rig.simulator.inbox().wait_for(WELL, 2).await;
    let text = log.text();
    assert!(text.contains("a good WhatsApp message") && text.contains("refused"), "{text}");
    assert!(!text.contains(CODE) && !text.contains("11987"), "{text}");
}
