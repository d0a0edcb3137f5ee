//! The vendor's logo.

use bytes::Bytes;
use ports::LogoStore;

/// A logo is read as it was stored, replaced as a whole, and gone once it is removed.
pub async fn a_logo_is_stored_replaced_and_removed(store: &impl LogoStore) {
    assert_eq!(store.logo().await.unwrap(), None);
    for logo in [Bytes::from_static(b"one"), Bytes::from(vec![7; 20 * 1024]), Bytes::from_static(b"three")] {
        store.store_logo("image/png", logo.clone()).await.unwrap();
        assert_eq!(store.logo().await.unwrap(), Some(logo));
    }
    for _ in 0..2 {
        store.remove_logo().await.unwrap();
        assert_eq!(store.logo().await.unwrap(), None);
    }
}
