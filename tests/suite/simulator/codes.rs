//! Every code of the services' lists can be met, at once and afterwards.

use pombo::simulator::{
    Behaviour,
    Channel::{Sms, WhatsApp},
    Fate, Step,
};

use super::rig::{CODE, Rig, WELL, otp, text};

/// Meta's codes, with the HTTP status that some source gives, or else 400.
pub const META: &[(u16, &[u32])] = &[
    (401, &[0, 104, 190]),
    (403, &[10, 200, 210, 299, 368, 130_497, 131_005, 131_031]),
    (404, &[132_001]),
    (500, &[3, 131_000, 131_016, 131_045, 131_057]),
    (503, &[2, 133_004]),
    (
        400,
        &[
            1, 4, 33, 100, 80_007, 130_403, 130_429, 130_472, 131_008, 131_009, 131_021, 131_026,
            131_030, 131_037, 131_042, 131_047, 131_048, 131_049, 131_050, 131_051, 131_052,
            131_053, 131_056, 131_062, 131_063, 131_064, 132_000, 132_005, 132_007, 132_008,
            132_012, 132_015, 132_016, 132_018, 132_068, 132_069, 133_010, 134_011, 135_000,
            137_000, 139_200,
        ],
    ),
];

pub const TWILIO: &[(u16, &[u32])] = &[
    (401, &[20_003]),
    (404, &[20_404]),
    (429, &[20_429]),
    (500, &[20_500]),
    (503, &[20_503]),
    (
        400,
        &[
            21_211, 21_212, 21_408, 21_602, 21_603, 21_604, 21_606, 21_608, 21_609, 21_610, 21_611,
            21_612, 21_614, 21_617, 21_635, 21_703, 21_705,
        ],
    ),
    (
        400,
        &[
            30_001, 30_002, 30_003, 30_004, 30_005, 30_006, 30_007, 30_008, 30_017, 30_018, 30_022,
            30_023, 30_024, 30_032, 30_034, 30_035, 30_036, 30_038, 30_040, 30_410, 30_450, 30_453,
            30_454, 30_485,
        ],
    ),
];

pub fn each(list: &[(u16, &'static [u32])]) -> Vec<(u16, u32)> {
    list.iter().flat_map(|(status, codes)| codes.iter().map(|code| (*status, *code))).collect()
}

#[tokio::test]
async fn meta_can_refuse_with_every_code_it_has() {
    let rig = Rig::start().await;
    for (status, code) in each(META) {
        rig.simulator.script_each(WELL, WhatsApp, [Fate::refuse(code)]);
        let answer = rig.meta(&otp(WELL, CODE)).await;
        answer.is_graph_error(status, code);
        let message = answer.body["error"]["message"].as_str().unwrap();
        assert!(!message.contains("Unknown error"), "{code} has no title");
    }
}

#[tokio::test]
async fn meta_can_tell_every_code_afterwards() {
    let rig = Rig::start().await;
    for (i, (_, code)) in each(META).into_iter().enumerate() {
        // One after the other to different people, or the pair rate would end it.
        let to = format!("+55119876{i:05}");
        let failing = Fate::accept([Step::Failed(code)]);
        rig.simulator.script(&to, Behaviour::well().whatsapp(failing));
        let id = rig.whatsapp(&to).await;
        let status = rig.hooks.next().await.status();
        assert_eq!((&status["id"], &status["status"]), (&id.into(), &"failed".into()));
        assert_eq!(status["errors"][0]["code"], code);
        assert_ne!(status["errors"][0]["title"], "Unknown error");
    }
}

#[tokio::test]
async fn twilio_can_refuse_with_every_code_it_has() {
    let rig = Rig::start().await;
    for (status, code) in each(TWILIO) {
        rig.simulator.script_each(WELL, Sms, [Fate::refuse(code)]);
        let answer = rig.twilio(&text(WELL)).await;
        answer.is_twilio_error(status, code);
        assert_ne!(answer.body["message"], "The request could not be processed", "{code}");
    }
}

#[tokio::test]
async fn twilio_can_tell_every_code_afterwards() {
    let rig = Rig::start().await;
    for (_, code) in each(TWILIO) {
        let words = [("failed", Step::Failed(code)), ("undelivered", Step::Undelivered(code))];
        for (word, step) in words {
            rig.simulator.script_each(WELL, Sms, [Fate::accept([step])]);
            rig.sms(WELL).await;
            let call = rig.hooks.next().await;
            assert_eq!(
                (call.word(), call.field("ErrorCode")),
                (word.into(), Some(code.to_string()))
            );
        }
    }
}
