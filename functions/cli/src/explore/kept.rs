//! What is kept beside a tenant's log, and who asks: the explorer's records.

use archive::names::TenantId;
use control::explorer_records::{ExplorerCaller, ExplorerRecords, ExplorerRecordsError, MappingError};
use protocol::caller::Caller;
use protocol::exploration::{ExplorationId, SavedExploration};

use super::cells::cell;
use crate::backend::Backend;
use crate::error::CliError;

/// A tenant's records.
pub(super) struct Kept {
    pub(super) records: ExplorerRecords,
    pub(super) by: ExplorerCaller,
    pub(super) tenant: TenantId,
    /// The options that name the tenant, for commands that are suggested.
    pub(super) flags: String,
}

impl Kept {
    pub(super) fn of(tenant: &TenantId, backend: &Backend) -> Self {
        Self {
            records: backend.records.clone(),
            by: backend.caller.clone().into(),
            tenant: tenant.clone(),
            flags: format!("{} --tenant {}", backend.target_flag(), tenant.escaped()),
        }
    }

    /// The exploration with this ID, or the only one with this name.
    ///
    /// # Errors
    /// If there is none, or several have the name.
    pub(super) async fn find(&self, text: &str) -> Result<SavedExploration, CliError> {
        let list = format!("List them: auditferry events saved list{}", self.flags);
        let mut all = self.records.list(&self.by, &self.tenant).await?;
        if let Ok(id) = text.parse::<ExplorationId>() {
            let found = all.into_iter().find(|saved| saved.id == id);
            return found.ok_or_else(|| CliError::failed(format!("exploration {id} does not exist"), list));
        }
        all.retain(|saved| saved.name.as_str() == text.trim());
        match all.as_slice() {
            [one] => Ok(one.clone()),
            [] => {
                let message = format!("no saved exploration is named `{}`", cell(text.trim()));
                Err(CliError::failed(message, list))
            }
            several => {
                let ids: Vec<_> = several.iter().map(|saved| saved.id.as_str()).collect();
                let message = format!("{} saved explorations have this name", several.len());
                Err(CliError::usage(message, format!("Name one by its ID: {}", ids.join(", "))))
            }
        }
    }
}

/// A person's name as it is listed; the vendor's own process has none.
pub(super) fn person(caller: &Caller) -> String {
    match caller {
        Caller::Operator { name } => cell(name),
        Caller::Tenant { name, .. } => format!("{} (tenant)", cell(name)),
        Caller::System => "Auditferry".to_owned(),
    }
}

impl From<ExplorerRecordsError> for CliError {
    fn from(error: ExplorerRecordsError) -> Self {
        let (message, remedy) = (error.to_string(), error.remedy().unwrap_or_default());
        match error {
            ExplorerRecordsError::Port(error) => error.into(),
            _ => Self::failed(message, remedy),
        }
    }
}

impl From<MappingError> for CliError {
    fn from(error: MappingError) -> Self {
        let message = error.to_string();
        match error {
            MappingError::NotFound(_) => {
                Self::failed(message, "List the connectors: auditferry connector list")
            }
            MappingError::Forbidden => Self::failed(message, "Ask the vendor's operators."),
            MappingError::Empty | MappingError::Invalid(_) => {
                Self::usage(message, "Correct it; `auditferry events fields --help` shows the forms.")
            }
            MappingError::Port(error) => error.into(),
        }
    }
}
