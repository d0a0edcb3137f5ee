//! The keys that sign manifests. Now and then a new one is deployed, and the previous one hands over to it. A
//! function keeps the keys of the deployment that it was started with, however long it sleeps.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use archive::manifest::KeyId;
use archive::note::{KeyName, VendorDomain, VerifierKey};
use control::signing::{ManifestSigner, PreviousSigner};
use futures_util::FutureExt as _;
use ports::Signer as _;
use tests::delegate_port;
use tests::fakes::FakeSigner;

use super::call::CallKind;
use super::mutants::Mutant;
use super::ports::{Worker, transient_error};
use super::world::World;

/// A key, as one worker reaches it.
#[derive(Debug)]
struct Key {
    worker: Worker,
    key: FakeSigner,
}

delegate_port!(Signer, Key, |it| it.key, |name, call| match method {
    sign => it.worker.call(CallKind::Sign, name, call, transient_error).await,
    _ => call.await,
});

/// The keys of the current deployment, for a worker that starts with it.
pub(crate) fn signing(worker: &Worker) -> ManifestSigner {
    let newest = worker.world.keys.load(Ordering::Relaxed);
    let key = |number| Arc::new(Key { worker: worker.clone(), key: FakeSigner::new(number) });
    let before = match newest {
        1 => PreviousSigner::None,
        _ if worker.world.has_mutant(Mutant::SignsWithoutHandOver) => PreviousSigner::Lost,
        _ => PreviousSigner::Signer(key(newest - 1)),
    };
    ManifestSigner { vendor: vendor(), current: key(newest), previous: before }
}

/// Deploys a new key, as `infra/README.md` says: not before the current one has signed for every connector. A
/// connector without a chain counts too: a function of the previous deployment may still begin it, with a key
/// that nobody would hand over from after the next change. Returns whether it was deployed.
pub(crate) fn replace(world: &World) -> bool {
    let newest = world.keys.load(Ordering::Relaxed);
    let in_use = id(newest);
    let signed = |id| world.ledger.cursor(id).chain_state.is_some_and(|last| last.key == in_use);
    let may = world.ids.iter().all(signed);
    if may {
        world.keys.store(newest + 1, Ordering::Relaxed);
    }
    may
}

fn id(number: u8) -> KeyId {
    let public = FakeSigner::new(number).public_key().now_or_never().expect("the fake does not wait");
    let key = VerifierKey::new(KeyName::of(vendor()), public.expect("the fake does not fail"));
    key.expect("a key").id().into()
}

fn vendor() -> VendorDomain {
    "vendor.example".parse().expect("a domain")
}
