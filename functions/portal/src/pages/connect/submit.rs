//! The answers to the form: read what was pasted, verify, save, activate.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use control::onboarding::{ConnectorUpdate, OnboardingError};
use control::portal::Visitor;
use control::readers::{UNDECIDED, reader};
use protocol::connector::{Connector, S3Destination};
use protocol::preflight::{CheckEnd, CheckId, RunningCheck};

use super::fields::{Destinations, Typed, Wanted, field_errors};
use super::page::{ConnectPage, Extras};
use super::progress::{Outcome, Reporter, followed};
use super::{conflict, is_unfinished, next_page};
use crate::Portal;
use crate::address::of_connector;
use crate::components::Tone;
use crate::error::{PageError, sentence};
use crate::fields::FieldErrors;
use crate::form::Form;
use crate::pages::enter::see_other;
use crate::tenant::OfConnector;

/// A submitted form, and the connector as it is stored.
struct Submission<'a> {
    portal: &'a Portal,
    visitor: &'a Visitor,
    connector: Connector,
    typed: Typed,
    check: CheckId,
}

/// `POST /portal/connectors/{id}/connect`.
pub(crate) async fn submit(
    State(portal): State<Portal>,
    OfConnector { visitor, view }: OfConnector,
    form: Form,
) -> Result<Response, PageError> {
    let connector = view.connector;
    if !is_unfinished(connector.state) {
        // A second click on *Activate*, or a page from before it.
        return Ok(see_other(&next_page(&connector.id, connector.state)));
    }
    let typed = Typed::submitted(&form)?;
    // Without a usable ID nobody follows the check, and its answer has all stages.
    let check = form.text("check").parse();
    let check = check.unwrap_or_else(|_| CheckId::new(portal.access.rng.next_u64()));
    let mut submission = Submission { portal: &portal, visitor: &visitor, connector, typed, check };
    match form.text("action") {
        "read" => Ok(submission.read()),
        action @ ("verify" | "save" | "activate") => {
            if let Some(refused) = submission.take_unread() {
                return Ok(refused);
            }
            match action {
                "verify" => submission.verify().await,
                "save" => submission.save().await,
                _ => submission.activate().await,
            }
        }
        _ => Err(PageError::Malformed("Use the page's own buttons.".to_owned())),
    }
}

impl Submission<'_> {
    /// The page with what was typed.
    fn page(&self, status: StatusCode, extras: Extras) -> Response {
        let Self { portal, visitor, connector, typed, .. } = self;
        ConnectPage::submitted(portal, visitor, connector, typed.clone(), extras).answer(status)
    }

    fn refused(&self, errors: FieldErrors) -> Response {
        self.page(StatusCode::UNPROCESSABLE_ENTITY, Extras { errors, ..Extras::default() })
    }

    /// Fills the fields with what was pasted.
    fn read(&mut self) -> Response {
        match self.typed.take_pasted(true) {
            Ok(found) => self.page(StatusCode::OK, Extras { pasted: Some(found), ..Extras::default() }),
            Err(error) => {
                let mut errors = FieldErrors::default();
                errors.add("paste", sentence(&error.to_string()));
                self.refused(errors)
            }
        }
    }

    /// What was pasted and not read yet fills the fields that are empty.
    fn take_unread(&mut self) -> Option<Response> {
        if self.typed.paste.is_empty() {
            return None;
        }
        let error = self.typed.take_pasted(false).err()?;
        let mut errors = FieldErrors::default();
        errors.add("paste", sentence(&error.to_string()));
        Some(self.refused(errors))
    }

    /// Tries the destination without saving it.
    async fn verify(&self) -> Result<Response, PageError> {
        let wanted = match self.typed.parse(&self.connector, Destinations::Required) {
            Ok(wanted) => wanted,
            Err(errors) => return Ok(self.refused(errors)),
        };
        let Some(to) = wanted.destination else { return Ok(self.refused(FieldErrors::default())) };
        let (portal, id, caller) = (self.portal, &self.connector.id, self.visitor.caller());
        let operation = |reporter: Reporter| {
            let (caller, to) = (&caller, &to);
            async move {
                portal.onboarding.try_destination(caller, id, to, |progress| reporter.report(progress)).await
            }
        };
        let (check, outcome) = followed(&portal.onboarding, self.new_check(to.clone()), operation).await;
        // A check that passed of what is stored made the connector ready.
        let connector = portal.onboarding.read(&caller, id).await?.connector;
        let passed = check.end == Some(CheckEnd::Passed);
        let status = if passed { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let version = if Wanted::of(&connector) == Wanted::of(&self.connector)
            && self.typed.version == self.connector.version
        {
            connector.version
        } else {
            self.typed.version
        };
        let typed = Typed { version, ..self.typed.clone() };
        let done = Submission { connector, typed, check: self.check.clone(), ..*self };
        match outcome {
            Outcome::Answered(Ok(_)) => {
                Ok(done.page(status, Extras { check: Some(check), ..Extras::default() }))
            }
            Outcome::Answered(Err(error)) => done.failed(error, Some(check)),
            Outcome::TimedOut => Ok(done.timed_out(check)),
        }
    }

    /// Stores the form, if nobody else has changed the same meanwhile, and verifies a new destination.
    async fn save(&self) -> Result<Response, PageError> {
        let wanted = match self.typed.parse(&self.connector, Destinations::Optional) {
            Ok(wanted) => wanted,
            Err(errors) => return Ok(self.refused(errors)),
        };
        let current = match self.agreed_version(&wanted).await? {
            Ok(version) => version,
            Err(conflict) => return Ok(*conflict),
        };
        let (portal, id, caller) = (self.portal, &self.connector.id, self.visitor.caller());
        let update = ConnectorUpdate {
            shards: None,
            frequency: Some(wanted.frequency),
            encoding: Some(wanted.encoding),
            destination: wanted.destination.clone(),
        };
        let Some(to) = wanted.destination.clone() else {
            let updated = portal.onboarding.update(&caller, id, Some(current), update, |_| ()).await;
            return match updated {
                Ok(_) => Ok(self.saved()),
                Err(error) => self.unless_stored(&wanted, error, None).await,
            };
        };
        let operation = |reporter: Reporter| {
            let caller = &caller;
            async move {
                portal
                    .onboarding
                    .update(caller, id, Some(current), update, |progress| reporter.report(progress))
                    .await
            }
        };
        let (check, outcome) = followed(&portal.onboarding, self.new_check(to), operation).await;
        match outcome {
            Outcome::Answered(Ok(_)) => Ok(self.saved()),
            Outcome::Answered(Err(error)) => self.unless_stored(&wanted, error, Some(check)).await,
            Outcome::TimedOut => Ok(self.reread().await?.timed_out(check)),
        }
    }

    /// The answer to a form that could not be stored. The other request of a double click may have stored the
    /// same.
    async fn unless_stored(
        &self,
        wanted: &Wanted,
        error: OnboardingError,
        check: Option<RunningCheck>,
    ) -> Result<Response, PageError> {
        let now = self.reread().await?;
        if matches!(error, OnboardingError::Stale { .. }) && wanted.is_stored_in(&now.connector) {
            return Ok(now.saved());
        }
        now.failed(error, check)
    }

    /// Activates what is stored. A form that says something else must be saved first.
    async fn activate(&self) -> Result<Response, PageError> {
        let wanted = match self.typed.parse(&self.connector, Destinations::Required) {
            Ok(wanted) => wanted,
            Err(errors) => return Ok(self.refused(errors)),
        };
        if !wanted.is_stored_in(&self.connector) {
            let text =
                "These settings differ from the saved ones. Save them first; then activate.".to_owned();
            let extras = Extras { message: Some((Tone::Warn, text)), ..Extras::default() };
            return Ok(self.page(StatusCode::UNPROCESSABLE_ENTITY, extras));
        }
        let Some(to) = wanted.destination else { return Ok(self.refused(FieldErrors::default())) };
        let (portal, id, caller) = (self.portal, &self.connector.id, self.visitor.caller());
        let version = self.connector.version;
        let operation = |reporter: Reporter| {
            let caller = &caller;
            async move {
                portal
                    .onboarding
                    .activate(caller, id, Some(version), |progress| reporter.report(progress))
                    .await
            }
        };
        let (check, outcome) = followed(&portal.onboarding, self.new_check(to), operation).await;
        match outcome {
            Outcome::Answered(Ok(connector)) => Ok(see_other(&next_page(id, connector.state))),
            Outcome::Answered(Err(error)) => {
                let now = self.reread().await?;
                // The other request of a double click was faster.
                if !is_unfinished(now.connector.state) {
                    return Ok(see_other(&next_page(id, now.connector.state)));
                }
                now.failed(error, Some(check))
            }
            Outcome::TimedOut => Ok(self.reread().await?.timed_out(check)),
        }
    }

    fn new_check(&self, to: S3Destination) -> RunningCheck {
        let now = self.portal.onboarding.clock.now();
        RunningCheck::start(self.connector.id.clone(), self.check.clone(), to, now)
    }

    fn saved(&self) -> Response {
        // Only a known reader is named, so nothing that was typed gets into the URL.
        let reader = reader(&self.typed.reader).unwrap_or(UNDECIDED).id;
        see_other(&format!("{}?saved=yes&reader={reader}", of_connector(&self.connector.id, "connect")))
    }

    /// The same with the connector as it is stored now. The form keeps the version that it has seen.
    async fn reread(&self) -> Result<Self, PageError> {
        let connector =
            self.portal.onboarding.read(&self.visitor.caller(), &self.connector.id).await?.connector;
        Ok(Self { connector, typed: self.typed.clone(), check: self.check.clone(), ..*self })
    }

    /// The version to store the form over; or the page that shows what somebody else has changed.
    async fn agreed_version(&self, wanted: &Wanted) -> Result<Result<u64, Box<Response>>, PageError> {
        let current = &self.connector;
        if current.version == self.typed.version {
            return Ok(Ok(current.version));
        }
        let caller = self.visitor.caller();
        match conflict::find(self.portal, &caller, current, self.typed.version, wanted).await? {
            None => Ok(Ok(current.version)),
            conflict => {
                let typed = Typed { version: current.version, ..self.typed.clone() };
                let page =
                    Submission { connector: current.clone(), typed, check: self.check.clone(), ..*self };
                Ok(Err(Box::new(page.page(StatusCode::CONFLICT, Extras { conflict, ..Extras::default() }))))
            }
        }
    }

    /// The page after an operation was refused, with the stages that were done.
    fn failed(&self, error: OnboardingError, check: Option<RunningCheck>) -> Result<Response, PageError> {
        let errors = field_errors(&error);
        let error = match error {
            OnboardingError::NotVerified(_) => {
                let extras = Extras { check, ..Extras::default() };
                return Ok(self.page(StatusCode::UNPROCESSABLE_ENTITY, extras));
            }
            // Somebody was faster than this very request. The next one finds out who.
            OnboardingError::Stale { .. } => {
                let text =
                    "Somebody else saved at the same moment. Press the button again to see what.".to_owned();
                let extras = Extras { message: Some((Tone::Warn, text)), ..Extras::default() };
                return Ok(self.page(StatusCode::CONFLICT, extras));
            }
            error => PageError::from(error),
        };
        if let Some(errors) = errors {
            let check = check.filter(|check| !check.reports.is_empty());
            let extras = Extras { errors, check, ..Extras::default() };
            return Ok(self.page(StatusCode::UNPROCESSABLE_ENTITY, extras));
        }
        // What was typed is kept where the person can do something about it; everything else is logged as the
        // error that it is.
        if error.status().is_server_error() && error.status() != StatusCode::SERVICE_UNAVAILABLE {
            return Err(error);
        }
        let message = Some((Tone::Bad, error.text()));
        Ok(self.page(error.status(), Extras { message, ..Extras::default() }))
    }

    fn timed_out(&self, check: RunningCheck) -> Response {
        let text = "The check took too long and was given up. AWS was slow to answer; try again in a moment.";
        let message = Some((Tone::Warn, text.to_owned()));
        self.page(
            StatusCode::UNPROCESSABLE_ENTITY,
            Extras { check: Some(check), message, ..Extras::default() },
        )
    }
}
