//! The vendor's public keys.

use archive::manifest::KeyId;
use archive::time::Time;
use serde::Serialize;

use crate::wire::wire;

wire! {
    /// A public key and its validity.
    #[derive(Debug, Serialize)]
    pub(crate) struct PublicKey as "Key" {
        /// Also names its file, `manifests/keys/<id>.vkey`.
        pub(crate) id: KeyId,
        /// `<vendor domain>/auditferry`.
        pub(crate) name: String,
        /// In the format that `auditferry verify --key` and every reader of C2SP signed notes accept.
        pub(crate) key: String => {"pattern": "^[a-z0-9.-]+/auditferry[+][0-9a-f]{8}[+][A-Za-z0-9+/]+=*$"},
        /// Whether it signs new manifests. Another key only hands over to the one that does.
        pub(crate) signs: bool,
        /// When it was created, so that no signature is older; null if the key store does not say.
        pub(crate) from: Option<Time>,
        /// The first instant at which it is no longer valid, since it will be deleted; null if no deletion is
        /// scheduled.
        pub(crate) until: Option<Time>,
    }
}

wire! {
    #[derive(Debug, Serialize)]
    pub(crate) struct KeyList as "Keys" {
        /// The signing key comes first.
        pub(crate) keys: Vec<PublicKey>,
    }
}
