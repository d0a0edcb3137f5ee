//! The customers' accounts, as one worker sees them.

use std::sync::Mutex;

use ports::{CustomerBucket, NewObject};
use protocol::delivery_error::{DeliveryError as CustomerFault, DeliveryErrorKind, DeliveryStage};
use protocol::machine::PutAnswer;
use tests::delegate_port;

use super::call::CallKind;
use super::fault::Fault;
use super::mutants::Mutant;
use super::ports::Worker;
use super::world::{OTHER_ACCOUNT, destination};

/// A fault as the delivery error that the customer's side returns.
fn delivery_error<T>(stage: DeliveryStage, fault: Fault) -> Result<T, CustomerFault> {
    let (kind, code) = match fault {
        Fault::Conflict | Fault::ConflictWritten => {
            (DeliveryErrorKind::Conflict, "ConditionalRequestConflict")
        }
        Fault::Expired => (DeliveryErrorKind::Expired, "ExpiredToken"),
        Fault::SlowDown => (DeliveryErrorKind::Unavailable, "SlowDown"),
        _ => (DeliveryErrorKind::Unavailable, "NoAnswer"),
    };
    Err(CustomerFault { stage, kind, code: code.into(), message: fault.description().into() })
}

delegate_port!(Customers, Worker, |it| it.world.customers, |name, call| match method {
    open(connector, part) => {
        let open = it.world.customers.open(connector, part);
        let fails = |fault| delivery_error(DeliveryStage::AssumeRole, fault);
        let bucket = it.call(CallKind::Assume, name, open, fails).await?;
        let to = destination(connector);
        Ok(Box::new(OpenedBucket { worker: it.clone(), bucket, name: to.bucket.to_string() }))
    }
});

/// A customer's bucket, through the assumed role.
struct OpenedBucket {
    worker: Worker,
    bucket: Box<dyn CustomerBucket>,
    name: String,
}

impl OpenedBucket {
    async fn put(&self, object: NewObject) -> Result<PutAnswer, CustomerFault> {
        let world = &self.worker.world;
        let key = object.key.clone();
        let mut answer = self.bucket.put_new(object).await;
        let result = answer.as_ref().map_or_else(|fault| fault.code.clone(), |answer| format!("{answer:?}"));
        world.engine.log(format_args!("worker {} put {key} to {}: {result}", self.worker.number, self.name));
        if answer == Ok(PutAnswer::Exists) {
            world.engine.count(Fault::Exists, 1);
            if world.has_mutant(Mutant::Overwrites) {
                answer = Ok(PutAnswer::Written);
            }
        }
        let is_taken_over =
            || world.customers.owner_of(&self.name).is_some_and(|owner| owner == OTHER_ACCOUNT);
        if world.has_mutant(Mutant::IgnoresOwner) && answer.is_err() && is_taken_over() {
            answer = Ok(PutAnswer::Written);
        }
        if answer == Ok(PutAnswer::Written) {
            world.truth().written(&self.name, &key);
        }
        answer
    }
}

delegate_port!(CustomerBucket, OpenedBucket, |it| it.bucket, |name, call| match method {
    put_new(object) => {
        let world = &it.worker.world;
        let done = Mutex::new(None);
        let put = async {
            let answer = it.put(object).await;
            done.lock().expect("one thread").replace(answer.clone());
            answer
        };
        let fails = |fault| match fault {
            // The second try finds the first one's object, if the first one succeeded.
            Fault::OwnSecondTry => {
                let first = done.lock().expect("one thread").take();
                first.expect("it was done").map(|_| PutAnswer::Exists)
            }
            Fault::Conflict | Fault::ConflictWritten if world.has_mutant(Mutant::ConflictIsSuccess) => {
                Ok(PutAnswer::Exists)
            }
            _ if world.has_mutant(Mutant::FaultIsSuccess) => Ok(PutAnswer::Written),
            fault => delivery_error(DeliveryStage::PutObject, fault),
        };
        it.worker.call(CallKind::Put, name, put, fails).await
    }
});
