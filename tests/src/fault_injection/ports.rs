//! The ports with injected faults: what a lost response looks like to the caller of each.

use archive::note::KEY_FOLDER;
use archive::part::MANIFEST_FOLDER;
use ports::PortError;
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage};

use super::Flaky;
use crate::delegate_port;

fn lost<T>() -> Result<T, PortError> {
    Err(PortError::Transient { what: "a call that a test makes fail", source: "no answer".into() })
}

fn unavailable<T>(stage: DeliveryStage) -> Result<T, DeliveryError> {
    Err(DeliveryError {
        stage,
        kind: DeliveryErrorKind::Unavailable,
        code: "NoAnswer".into(),
        message: "no answer".into(),
    })
}

delegate_port!(Runs, Flaky<P>, |it| it.inner, |name, call| match method {
    seal => it.plan.call(name, call, || Ok(SealAnswer::Unknown)).await,
    _ => it.plan.call(name, call, lost).await,
});

delegate_port!(DueConnectors, Flaky<P>, |it| it.inner, |name, call| match method {
    _ => it.plan.call(name, call, lost).await,
});

delegate_port!(Spender, Flaky<P>, |it| it.inner, |name, call| match method {
    _ => it.plan.call(name, call, lost).await,
});

delegate_port!(Consents, Flaky<P>, |it| it.inner, |name, call| match method {
    _ => it.plan.call(name, call, lost).await,
});

delegate_port!(PortalLinks, Flaky<P>, |it| it.inner, |name, call| match method {
    _ => it.plan.call(name, call, lost).await,
});

delegate_port!(SavedExplorations, Flaky<P>, |it| it.inner, |name, call| match method {
    _ => it.plan.call(name, call, lost).await,
});

delegate_port!(SearchLog, Flaky<P>, |it| it.inner, |name, call| match method {
    _ => it.plan.call(name, call, lost).await,
});

delegate_port!(Downloads, Flaky<P>, |it| it.inner, |name, call| match method {
    _ => it.plan.call(name, call, lost).await,
});

delegate_port!(EventMappings, Flaky<P>, |it| it.inner, |name, call| match method {
    _ => it.plan.call(name, call, lost).await,
});

delegate_port!(CheckProgress, Flaky<P>, |it| it.inner, |name, call| match method {
    _ => it.plan.call(name, call, lost).await,
});

delegate_port!(NotificationStore, Flaky<P>, |it| it.inner, |name, call| match method {
    _ => it.plan.call(name, call, lost).await,
});

delegate_port!(Connectors, Flaky<P>, |it| it.inner, |name, call| match method {
    _ => it.plan.call(name, call, lost).await,
});

delegate_port!(Source, Flaky<P>, |it| it.inner, |name, call| match method {
    open => {
        let reader = it.plan.call(name, call, lost).await?;
        Ok(Box::new(Flaky::new(reader, &it.plan)))
    }
    _ => it.plan.call(name, call, lost).await,
});

delegate_port!(PageReader, Flaky<Box<dyn PageReader>>, |it| it.inner, |name, call| match method {
    _ => it.plan.call(name, call, || lost().map_err(PageError::Port)).await,
});

delegate_port!(Staging, Flaky<P>, |it| it.inner, |name, call| match method {
    create => {
        let upload = it.plan.call(name, call, lost).await?;
        Ok(Box::new(Flaky::new(upload, &it.plan)))
    }
    // A run only logs when this fails, so no plan has a fault for it.
    mark_expirable => call.await,
    _ => it.plan.call(name, call, lost).await,
});

delegate_port!(StagingWrite, Flaky<Box<dyn StagingWrite>>, |it| it.inner, |name, call| match method {
    _ => it.plan.call(name, call, lost).await,
});

delegate_port!(Customers, Flaky<P>, |it| it.inner, |name, call| match method {
    _ => {
        let bucket = it.plan.call(name, call, || unavailable(DeliveryStage::AssumeRole)).await?;
        Ok(Box::new(Flaky::new(bucket, &it.plan)))
    }
});

delegate_port!(CustomerBucket, Flaky<Box<dyn CustomerBucket>>, |it| it.inner, |name, call| match method {
    put_new(object) => {
        // Puts other than the parts' bytes have their own call names: a plan targets one of them.
        let name = match &object.key {
            key if key.contains(KEY_FOLDER) => "put_key",
            key if key.contains(MANIFEST_FOLDER) => "put_manifest",
            _ => name,
        };
        it.plan.call(name, it.inner.put_new(object), || unavailable(DeliveryStage::PutObject)).await
    }
});

delegate_port!(Signer, Flaky<P>, |it| it.inner, |name, call| match method {
    sign => it.plan.call(name, call, lost).await,
    _ => call.await,
});

delegate_port!(Bus, Flaky<P>, |it| it.inner, |name, call| match method {
    _ => it.plan.call(name, call, lost).await,
});

delegate_port!(Queue, Flaky<P>, |it| it.inner, |name, call| match method {
    _ => it.plan.call(name, call, lost).await,
});
