//! Runs the conformance suites: each promise on the fake, and on the adapter through the real SDK.

use archive::sort_key::SortKeyForm;
use aws::clock::{SystemClock, SystemRng};
use tests::fakes::{
    FakeBus, FakeClock, FakeCustomers, FakeLedger, FakeProber, FakeQueue, FakeReaderSessions, FakeSource,
    FakeStaging, SeededRng,
};
use tests::fixtures::{at, keys};
use tests::promises;

use crate::embedded::{self, StackCustomers, StackEvents, StackProber, WireBus, WireQueue};

/// One test for each promise of a suite (`tests::promises!`), on the fake and on the adapter. Each expression
/// also returns what must stay alive for it.
macro_rules! conforms {
    ($suite:ident; fake $fake:expr; adapter $adapter:expr; $($promise:ident)+) => {
        mod $suite {
            mod fake {
                use super::super::*;
                $(
                    #[tokio::test]
                    async fn $promise() {
                        tests::conformance::$suite::$promise(&$fake).await;
                    }
                )+
            }

            mod adapter {
                use super::super::*;
                $(
                    #[tokio::test]
                    async fn $promise() {
                        let (port, _kept) = $adapter;
                        tests::conformance::$suite::$promise(&port).await;
                    }
                )+
            }
        }
    };
}

fn now() -> FakeClock {
    FakeClock::at(at("2026-11-21T00:00:00Z"))
}

promises!(leases => conforms { fake FakeLedger::new(); adapter embedded::ledger().await });
promises!(runs => conforms { fake FakeLedger::new(); adapter embedded::ledger().await });
promises!(due => conforms { fake FakeLedger::new(); adapter embedded::ledger().await });
promises!(connectors => conforms { fake FakeLedger::new(); adapter embedded::ledger().await });
promises!(changes => conforms { fake FakeLedger::new(); adapter embedded::ledger().await });
promises!(claims => conforms { fake FakeLedger::new(); adapter embedded::ledger().await });
promises!(checks => conforms { fake FakeLedger::new(); adapter embedded::ledger().await });
promises!(budgets => conforms { fake FakeLedger::new(); adapter embedded::ledger().await });
promises!(addresses => conforms { fake FakeLedger::new(); adapter embedded::ledger().await });
promises!(portal_links => conforms { fake FakeLedger::new(); adapter embedded::ledger().await });
promises!(explorations => conforms { fake FakeLedger::new(); adapter embedded::ledger().await });
promises!(searches => conforms { fake FakeLedger::new(); adapter embedded::ledger().await });
promises!(downloads => conforms { fake FakeLedger::new(); adapter embedded::ledger().await });
promises!(mappings => conforms { fake FakeLedger::new(); adapter embedded::ledger().await });
promises!(watch => conforms { fake FakeLedger::new(); adapter embedded::ledger().await });
promises!(staging => conforms { fake FakeStaging::new(); adapter embedded::staging().await });
promises!(logo => conforms { fake FakeStaging::new(); adapter embedded::staging().await });
promises!(reader => conforms {
    fake FakeReaderSessions::new(&FakeStaging::new(), &FakeSource::new(SortKeyForm::Rfc3339, &now()));
    adapter embedded::reader_sessions().await
});
promises!(customers => conforms { fake FakeCustomers::new(); adapter (StackCustomers::start().await, ()) });
promises!(bus => conforms { fake FakeBus::new(); adapter (WireBus::start().await, ()) });
promises!(queue => conforms { fake FakeQueue::new(); adapter (WireQueue::start().await, ()) });
promises!(clock => conforms {
    fake now();
    adapter (SystemClock::new(), ())
});
promises!(randomness => conforms { fake SeededRng::new(7); adapter (SystemRng, ()) });
promises!(prober => conforms { fake FakeProber::new(); adapter (StackProber::start().await, ()) });

mod source {
    use tests::conformance::source;

    use super::*;

    fn fake(form: SortKeyForm) -> FakeSource {
        FakeSource::new(form, &now())
    }

    #[tokio::test]
    async fn the_fake_tiles_for_every_form_of_key() {
        for (form, numeric) in keys::every_form() {
            let table = if numeric { fake(form).with_numeric_keys() } else { fake(form) };
            source::windows_and_out_of_order_keys_tile_the_table(&table, numeric).await;
        }
    }

    #[tokio::test]
    async fn the_adapter_tiles_for_every_form_of_key() {
        for (form, numeric) in keys::every_form() {
            source::windows_and_out_of_order_keys_tile_the_table(
                &StackEvents::start(form, numeric).await,
                numeric,
            )
            .await;
        }
    }

    #[tokio::test]
    async fn the_fake_reads_every_shape_shard_and_page() {
        for form in SortKeyForm::NAMES.map(|(_, form)| form) {
            source::a_long_window_is_read_to_its_end(&fake(form)).await;
            source::each_shard_holds_its_own(&fake(form)).await;
            source::each_tenants_items_are_its_own(&fake(form)).await;
            source::each_shape_reads_as_one_line_of_json(&fake(form)).await;
            source::a_key_of_another_form_is_unreadable(&fake(form)).await;
        }
    }

    #[tokio::test]
    async fn the_adapter_reads_every_shape_shard_and_page() {
        for form in SortKeyForm::NAMES.map(|(_, form)| form) {
            let table = async || StackEvents::start(form, false).await;
            source::a_long_window_is_read_to_its_end(&table().await).await;
            source::each_shard_holds_its_own(&table().await).await;
            source::each_tenants_items_are_its_own(&table().await).await;
            source::each_shape_reads_as_one_line_of_json(&table().await).await;
            source::a_key_of_another_form_is_unreadable(&table().await).await;
        }
    }
}
