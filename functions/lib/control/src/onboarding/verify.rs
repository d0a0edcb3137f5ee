//! Operations with a connection check: a new destination, an activation, a resumption.

use std::time::Duration;

use archive::names::ConnectorId;
use protocol::budget::{Budget, BudgetScope};
use protocol::caller::Caller;
use protocol::connector::{Connector, S3Destination, State, Verb};

use super::create::require_operator;
use super::{ChangeResult, ConnectorUpdate, Onboarding, OnboardingError, UpdateOutcome};
use crate::preflight::{PreflightContext, PreflightProgress, PreflightReport, run_preflight};
use crate::setup::destination_mismatches;

impl Onboarding {
    /// Changes settings. With `if_match`, only if that is the stored version.
    ///
    /// A new destination is verified at once, unless it has passed before. The change is stored first, so
    /// that nothing is written to the new destination before it has passed: an active connector pauses, and
    /// resumes by itself if the check passes. After a crash between the two it stays paused, until the next
    /// update to the same destination, `verify` or `resume`.
    ///
    /// # Errors
    /// If the state does not allow it; if the tenant cannot have partition keys for so many shards; if a
    /// concurrent writer was faster; and, with the change stored, as for [`Self::verify`].
    pub async fn update(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
        edit: ConnectorUpdate,
        on_progress: impl FnMut(PreflightProgress<'_>) + Send,
    ) -> Result<UpdateOutcome, OnboardingError> {
        if edit.shards.is_some() {
            require_operator(caller, "the number of shards")?;
        }
        let names_destination = edit.destination.is_some();
        let (before, connector) = self.store(caller, id, if_match, edit).await?;
        if !names_destination || connector.verified_at.is_some() {
            return Ok(UpdateOutcome { connector, verification: None });
        }
        // A stored change has paid for its connection check, too.
        if before == connector {
            self.spend(caller, Budget::Verifications, BudgetScope::Connector(id.clone()), 1).await?;
        }
        let verification = self.run_check(caller, &connector, on_progress).await?;
        let was_stopped_by_this = before.state == State::Active && connector.state == State::Paused;
        let connector = if verification.passed && was_stopped_by_this {
            self.resume_and_run(caller, id).await?
        } else {
            self.read(caller, id).await?.connector
        };
        Ok(UpdateOutcome { connector, verification: Some(verification) })
    }

    /// Whether the values of a destination can match each other and this deployment, without any request.
    ///
    /// # Errors
    /// [`OnboardingError::DestinationMismatch`], each with its field.
    pub fn check_destination(&self, to: &S3Destination) -> Result<(), OnboardingError> {
        let found = destination_mismatches(to, &self.vendor);
        if found.is_empty() { Ok(()) } else { Err(OnboardingError::DestinationMismatch(found)) }
    }

    async fn store(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
        edit: ConnectorUpdate,
    ) -> Result<(Connector, Connector), OnboardingError> {
        if let Some(destination) = &edit.destination {
            self.check_destination(destination)?;
        }
        if let Some(shards) = edit.shards {
            self.partitions.check(&self.read(caller, id).await?.connector.tenant, shards)?;
        }
        let apply = |connector: &mut Connector| {
            let before = connector.clone();
            if let Some(destination) = edit.destination.clone() {
                connector.connect(destination)?;
            }
            connector.set_shards(edit.shards.unwrap_or(connector.shards))?;
            connector.frequency = edit.frequency.unwrap_or(connector.frequency);
            connector.encoding = edit.encoding.unwrap_or(connector.encoding);
            connector.version = before.version;
            // Without a difference there is no change and no record.
            if *connector != before {
                connector.version += 1;
            }
            Ok(())
        };
        let names_destination = edit.destination.is_some();
        let spends = |after: &Connector| {
            let mut spends = self.spends(caller, Verb::Update, after)?;
            // This pays for the connection check that follows: without it the change would be stored in vain.
            if names_destination && after.verified_at.is_none() {
                let scope = BudgetScope::Connector(after.id.clone());
                spends.extend(self.spending(caller, Budget::Verifications, scope, 1)?);
            }
            Ok(spends)
        };
        self.change_spending((caller, id, if_match, Verb::Update), apply, spends).await
    }

    /// Runs the connection check and reports each stage as it is done. If it passes, role and destination
    /// belong to the connector ([`Connector::claims`]).
    ///
    /// # Errors
    /// If there is nothing to verify, the version is not `if_match`, the budget of connection checks is used
    /// up, another connector owns the role or the destination, or the ledger fails. A failed check is not an
    /// error.
    pub async fn verify(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
        on_progress: impl FnMut(PreflightProgress<'_>) + Send,
    ) -> Result<PreflightReport, OnboardingError> {
        let connector = self.read_version(caller, id, if_match).await?.connector;
        connector.destination_to_verify()?;
        self.spend(caller, Budget::Verifications, BudgetScope::Connector(id.clone()), 1).await?;
        self.run_check(caller, &connector, on_progress).await
    }

    /// What a connection check for this caller needs.
    pub(super) fn preflight_context(&self, caller: &Caller) -> PreflightContext<'_> {
        PreflightContext {
            prober: self.prober.as_ref(),
            clock: self.clock.as_ref(),
            rng: self.rng.as_ref(),
            vendor: &self.vendor,
            // Auditferry's own checks have no user who waits.
            max_wait: match caller {
                Caller::System => Duration::ZERO,
                Caller::Operator { .. } | Caller::Tenant { .. } => self.prober.role_propagation_delay(),
            },
        }
    }

    /// The same as [`Self::verify`], already paid for.
    pub(super) async fn run_check(
        &self,
        caller: &Caller,
        connector: &Connector,
        on_progress: impl FnMut(PreflightProgress<'_>) + Send,
    ) -> Result<PreflightReport, OnboardingError> {
        let id = &connector.id;
        let destination = connector.destination_to_verify()?.clone();
        let context = self.preflight_context(caller);
        let verification = run_preflight(context, connector, &destination, on_progress).await;
        // The check was of the destination as read: if it has changed since, nothing is stored.
        let is_unchanged = |now: &Connector| now.destination.s3() == Some(&destination);
        if verification.passed {
            let by = verification.external_id.clone().unwrap_or_else(|| connector.external_id.clone());
            let at = verification.at;
            let apply =
                |now: &mut Connector| if is_unchanged(now) { now.mark_verified(at, &by) } else { Ok(()) };
            self.change(caller, id, None, Verb::Verify, apply).await?;
        } else if verification.is_unsafe() {
            let apply = |now: &mut Connector| {
                if is_unchanged(now) {
                    now.refuse_destination();
                }
                Ok(())
            };
            self.change(caller, id, None, Verb::RefuseDestination, apply).await?;
        }
        Ok(verification)
    }

    /// Verifies, and activates if that passed.
    ///
    /// # Errors
    /// [`OnboardingError::NotVerified`] with the stages if it did not; if the tenant cannot have partition
    /// keys; or if the state does not allow it.
    pub async fn activate(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
        on_progress: impl FnMut(PreflightProgress<'_>) + Send,
    ) -> ChangeResult {
        let connector = self.read_version(caller, id, if_match).await?.connector;
        if !matches!(connector.state, State::Draft | State::Ready) {
            // Returns the error about the state, without writing a probe to the customer's bucket.
            connector.clone().activate(self.clock.now())?;
        }
        // The partition keys may have had another form when it was created.
        self.partitions.check(&connector.tenant, connector.shards)?;
        self.require_verified(caller, id, on_progress).await?;
        let now = self.clock.now();
        self.change(caller, id, None, Verb::Activate, |connector| connector.activate(now).map(drop)).await
    }

    /// Verifies, and resumes delivery if that passed, beginning at once with the backlog.
    ///
    /// # Errors
    /// As for [`Self::activate`].
    pub async fn resume(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
        on_progress: impl FnMut(PreflightProgress<'_>) + Send,
    ) -> ChangeResult {
        let connector = self.read_version(caller, id, if_match).await?.connector;
        if connector.state != State::Paused {
            connector.clone().resume()?;
        }
        self.require_verified(caller, id, on_progress).await?;
        self.resume_and_run(caller, id).await
    }

    /// Paused → active, and the backlog is delivered at once.
    async fn resume_and_run(&self, caller: &Caller, id: &ConnectorId) -> ChangeResult {
        let resumed = self.change(caller, id, None, Verb::Resume, Connector::resume).await?;
        self.run_prepaid(caller, id).await?;
        Ok(resumed)
    }

    async fn require_verified(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        on_progress: impl FnMut(PreflightProgress<'_>) + Send,
    ) -> Result<(), OnboardingError> {
        let verification = self.verify(caller, id, None, on_progress).await?;
        if verification.passed { Ok(()) } else { Err(OnboardingError::NotVerified(Box::new(verification))) }
    }
}
