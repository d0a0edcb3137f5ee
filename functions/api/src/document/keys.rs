//! The public keys, as the document describes them.

use super::operation::{Operation, RECORDS};
use crate::views::KeyList;

pub(super) fn keys(operation: Operation) -> Operation {
    operation
        .about(RECORDS, "listKeys", "List the vendor's public keys, which verify manifests")
        .answer::<KeyList>(
            200,
            "The keys. Store them outside of the bucket: an auditor who pins a key need not trust \
                     the keys in the bucket.",
        )
}
