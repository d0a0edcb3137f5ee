//! A connection check of a destination that is not stored.

use archive::names::ConnectorId;
use ports::PortError;
use protocol::budget::{Budget, BudgetScope};
use protocol::caller::Caller;
use protocol::connector::{Connector, S3Destination, Verb};
use protocol::preflight::RunningCheck;

use super::{Onboarding, OnboardingError};
use crate::preflight::{PreflightProgress, PreflightReport, run_preflight};

impl Onboarding {
    /// Checks a destination without storing it, for a form that is not saved yet. It pays as
    /// [`Self::verify`] does, and of the stored destination it is the same: a check that passes is recorded.
    ///
    /// Whether another connector owns role or destination is said only after a check that passed, as there:
    /// otherwise a stranger could find out what is in use by naming it. Nothing is claimed.
    ///
    /// A role that trusts any caller is refused as by [`Self::verify`]: if it is the stored destination's
    /// role too, delivery stops, since nothing may be written through it.
    ///
    /// # Errors
    /// As for [`Self::verify`]; [`OnboardingError::DestinationMismatch`] if its values cannot match each
    /// other. A failed check is not an error.
    pub async fn try_destination(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        destination: &S3Destination,
        on_progress: impl FnMut(PreflightProgress<'_>) + Send,
    ) -> Result<PreflightReport, OnboardingError> {
        let stored = self.read(caller, id).await?.connector;
        let mut tried = stored.clone();
        tried.connect(destination.clone())?;
        self.check_destination(destination)?;
        self.spend(caller, Budget::Verifications, BudgetScope::Connector(id.clone()), 1).await?;
        if tried == stored {
            return self.run_check(caller, &stored, on_progress).await;
        }
        let report = run_preflight(self.preflight_context(caller), &tried, destination, on_progress).await;
        if report.passed {
            let by = report.external_id.clone().unwrap_or_else(|| tried.external_id.clone());
            tried.mark_verified(report.at, &by)?;
            if let Some(resource) = self.connectors.owned_by_another(&tried).await? {
                return Err(OnboardingError::AlreadyOwned(resource));
            }
        } else if report.is_unsafe() {
            let apply = |now: &mut Connector| {
                if now.destination.s3().is_some_and(|to| to.role == destination.role) {
                    now.refuse_destination();
                }
                Ok(())
            };
            self.change(caller, id, None, Verb::RefuseDestination, apply).await?;
        }
        Ok(report)
    }

    /// Stores how far a check has come. `false` if a newer one has begun, or nobody follows checks here.
    ///
    /// # Errors
    /// If the ledger fails. The check goes on all the same: nothing rests on its record.
    pub async fn record_check(&self, check: &RunningCheck) -> Result<bool, PortError> {
        match &self.checks {
            Some(checks) => checks.put_check(check).await,
            None => Ok(false),
        }
    }

    /// The newest connection check of a connector, running or ended, if one ran within the last hour.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub async fn newest_check(
        &self,
        caller: &Caller,
        id: &ConnectorId,
    ) -> Result<Option<RunningCheck>, OnboardingError> {
        self.read(caller, id).await?;
        match &self.checks {
            Some(checks) => Ok(checks.newest_check(id).await?),
            None => Ok(None),
        }
    }
}
