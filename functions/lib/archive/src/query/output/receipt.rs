//! What a download is of: enough to make it again, and to check it against the signed manifests.

use serde::{Deserialize, Serialize};

use super::{Cells, Column, OutputFormat};
use crate::fields::MappingHash;
use crate::names::{ConnectorId, TenantId};
use crate::part::PartNumber;
use crate::query::filter::Filter;
use crate::query::row::Order;
use crate::sha256::Sha256;
use crate::time::Time;

/// The receipt of a download.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Whose events.
    pub tenant: TenantId,
    /// Of which connector.
    pub connector: ConnectorId,
    /// The filter, as its text.
    pub filter: Filter,
    /// The first time that was asked for.
    pub from: Time,
    /// The first time after that.
    pub to: Time,
    /// The order of the rows.
    pub order: Order,
    /// The format of the file.
    pub format: OutputFormat,
    /// The columns, if it is CSV.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Column>,
    /// What became of cells like formulas, if it is CSV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<Cells>,
    /// The mapping by which fields were read.
    pub mapping: MappingHash,
    /// How many rows it has.
    pub rows: u64,
    /// Whether it has all rows that match. If not, it ends where a limit was reached.
    pub whole: bool,
    /// How many rows are from the events table: no manifest vouches for them yet, or any more.
    pub unsealed_rows: u64,
    /// The parts that rows are from, with the hashes that their signed manifests name.
    pub parts: Vec<PartReceipt>,
    /// Parts that could not be searched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<PartNumber>,
    /// The size of the file in bytes.
    pub size: u64,
    /// SHA-256 of the file.
    pub sha256: Sha256,
    /// When it was made.
    pub made_at: Time,
}

/// A part in a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartReceipt {
    /// Its number.
    pub number: PartNumber,
    /// SHA-256 of its object, as in its manifest.
    pub sha256: Sha256,
    /// How many rows are from it.
    pub rows: u64,
}
