//! The API runs the preflight check as the exporter's role: the requests to STS, and the credentials of each.

use aws::s3::customers::StsProber;
use aws::sts::assumed_role::sts_as_role;
use ports::Prober as _;
use ports::{PresentedExternalId, SessionScope};

use crate::server::{ScriptedResponse, Server};
use crate::wire::KEYS;
use crate::world::{clients_of, connector};

fn keys_of(id: &str) -> String {
    KEYS.replace("ASIATEMPORARY", id)
}

#[tokio::test]
async fn a_customers_role_is_assumed_as_the_exporter_by_a_session_that_may_do_nothing_else() {
    let assumed = keys_of("ASIACUSTOMER").replace(
        "</Credentials>",
        "</Credentials><AssumedRoleUser><AssumedRoleId>A:x</AssumedRoleId>\
         <Arn>arn:aws:sts::222222222222:assumed-role/Delivery/x</Arn></AssumedRoleUser>",
    );
    let answers = [keys_of("ASIAEXPORTER"), assumed.clone(), assumed];
    let server = Server::start(answers.map(|keys| ScriptedResponse::new(200, keys))).await;
    let clients = clients_of(&server.url);
    let role = "arn:aws:iam::111111111111:role/auditferry-exporter".parse().unwrap();
    let prober = StsProber::new(sts_as_role(&clients.sts, &role), clients.customers);

    let connector = connector();
    let destination = connector.destination.s3().cloned().unwrap();
    for _ in 0..2 {
        let external_id = PresentedExternalId::ExternalId(&connector.external_id);
        prober.assume(&connector, &destination, external_id, SessionScope::Prefix).await.unwrap();
    }
    let seen = server.requests();
    assert_eq!(seen.len(), 3, "the exporter's role is assumed once");
    let form = |nth: usize| -> Vec<(String, String)> {
        form_urlencoded::parse(&seen[nth].body).into_owned().collect()
    };
    let of = |nth: usize, name: &str| form(nth).into_iter().find(|(n, _)| n == name).map(|(_, value)| value);
    assert_eq!(of(0, "RoleArn").as_deref(), Some(role.as_str()));
    assert!(of(0, "Policy").unwrap().contains("role/auditferry/*"), "narrowed to the customers' roles");
    assert_eq!(of(0, "ExternalId"), None);
    assert_eq!(of(1, "RoleArn").as_deref(), Some(destination.role.as_str()));
    assert_eq!(of(1, "ExternalId").as_deref(), Some(connector.external_id.as_str()));
    for nth in [1, 2] {
        assert!(seen[nth].header("authorization").unwrap().contains("Credential=ASIAEXPORTER/"));
    }
    assert!(!seen[0].header("authorization").unwrap().contains("ASIA"));
}
