//! Taking addresses, and saying why it did not work.

use std::sync::Arc;

use prometheus::Registry;
use vakt_event::clock::SystemClock;
use vakt_ingest::accounting::Metrics;
use vakt_ingest::admission::AdmissionConfig;
use vakt_ingest::listener::{Bound, Kind, Limits, Listener, ListenerConfig};

fn bind(kind: Kind, address: &str, allow: Option<&str>) -> std::io::Result<Bound> {
    Listener::bind(ListenerConfig {
        name: "syslog-main".to_owned(),
        address: address.parse().unwrap(),
        kind,
        admission: AdmissionConfig {
            allow: allow.map(|network| vec![network.parse().unwrap()]),
            ..AdmissionConfig::default()
        },
        limits: Limits::default(),
        metrics: Metrics::register(&Registry::new()).unwrap(),
        clock: Arc::new(SystemClock),
    })
}

#[test]
fn port_0_takes_a_free_one() {
    for kind in [Kind::Udp, Kind::Tcp] {
        assert_ne!(
            bind(kind, "127.0.0.1:0", None).unwrap().local_addr.port(),
            0
        );
    }
}

#[test]
fn errors_name_the_listener_the_address_and_the_way_out() {
    for kind in [Kind::Udp, Kind::Tcp] {
        let first = bind(kind.clone(), "127.0.0.1:0", None).unwrap();
        let taken = first.local_addr.to_string();
        let error = bind(kind.clone(), &taken, None).err().unwrap();
        assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
        let expected = format!("listener `syslog-main` cannot listen on {taken}: ");
        assert!(error.to_string().starts_with(&expected), "{error}");

        let error = bind(kind.clone(), "0.0.0.0:0", None).err().unwrap();
        assert!(error.to_string().contains("in `allow`"), "{error}");
        bind(kind, "0.0.0.0:0", Some("10.0.0.0/8")).unwrap();
    }
}
