//! What will read the files: the programs that people name, each with the files that suit it, and why.
//!
//! The facts are each program's own documentation, named beside it. What a program reads with some trouble or
//! in its newest version only is not recommended.

use archive::part::{Compression, Encoding, Format};

/// A program that reads files from a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    /// Its name in forms.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// The files that suit it.
    pub encoding: Encoding,
    /// Why, in one sentence.
    pub why: &'static str,
}

const LINES_GZIP: Encoding = Encoding { format: Format::Ndjson, compression: Compression::Gzip };
const LINES_ZSTD: Encoding = Encoding { format: Format::Ndjson, compression: Compression::Zstd };
const ARRAY: Encoding = Encoding { format: Format::Json, compression: Compression::None };

/// The files for whoever does not know yet: every program of the list reads them.
pub const UNDECIDED: Reader = Reader {
    id: "undecided",
    name: "Not decided yet, or several",
    encoding: LINES_GZIP,
    why: "One event a line, gzip: every program of this list reads that.",
};

/// All programs, in the order of lists: the undecided first, then by name.
///
/// Sources: Google Cloud, "Loading JSON data from Cloud Storage"; AWS, "`OpenX` JSON `SerDe`"; Elastic, "AWS
/// S3 input"; Microsoft, "Connect Microsoft Sentinel to Amazon Web Services"; `DuckDB` 1.1.3 to 2.0.1, tried.
/// The others take lines of JSON in gzip by their own documentation of S3 sources.
pub const READERS: [Reader; 14] = [
    UNDECIDED,
    Reader {
        id: "athena",
        name: "Amazon Athena",
        encoding: LINES_GZIP,
        why: "Its JSON readers want one document a line, and can't read an array.",
    },
    Reader {
        id: "bigquery",
        name: "Google BigQuery",
        encoding: LINES_GZIP,
        why: "It loads one event a line only, plain or in gzip; it refuses an array.",
    },
    Reader {
        id: "clickhouse",
        name: "ClickHouse",
        encoding: LINES_GZIP,
        why: "It reads one event a line as JSONEachRow, straight from the bucket.",
    },
    Reader {
        id: "databricks",
        name: "Databricks",
        encoding: LINES_GZIP,
        why: "It splits files by lines, and an array would be one single record.",
    },
    Reader {
        id: "datadog",
        name: "Datadog",
        encoding: LINES_GZIP,
        why: "It makes one log of each line, and unpacks gzip by itself.",
    },
    Reader {
        id: "duckdb",
        name: "DuckDB",
        encoding: LINES_ZSTD,
        why: "It reads every form; zstd makes the smallest files and is the fastest to unpack.",
    },
    Reader {
        id: "elastic",
        name: "Elastic (S3 input or Agent)",
        encoding: LINES_GZIP,
        why: "It makes one document of each line, and knows gzip by the content type; not zstd.",
    },
    Reader {
        id: "google-secops",
        name: "Google SecOps",
        encoding: LINES_GZIP,
        why: "It makes one raw log of each line, and unpacks gzip by itself.",
    },
    Reader {
        id: "sentinel",
        name: "Microsoft Sentinel",
        encoding: LINES_GZIP,
        why: "Its S3 connector unpacks gzip and nothing else, and wants one event a line.",
    },
    Reader {
        id: "panther",
        name: "Panther",
        encoding: LINES_GZIP,
        why: "Its stream type Lines makes one event of each line.",
    },
    Reader {
        id: "snowflake",
        name: "Snowflake",
        encoding: LINES_GZIP,
        why: "Each line becomes a row; an array would need STRIP_OUTER_ARRAY and fit into one value.",
    },
    Reader {
        id: "splunk",
        name: "Splunk",
        encoding: LINES_GZIP,
        why: "It breaks events at line ends; in an array it would have to be taught where they end.",
    },
    Reader {
        id: "people",
        name: "A person, or a script of your own",
        encoding: ARRAY,
        why: "One JSON array that every editor and browser opens as it is.",
    },
];

/// The program with this ID.
#[must_use]
pub fn reader(id: &str) -> Option<Reader> {
    READERS.into_iter().find(|reader| reader.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_reader_is_found_by_its_own_id_and_says_why() {
        let ids: BTreeSet<_> = READERS.iter().map(|reader| reader.id).collect();
        assert_eq!(ids.len(), READERS.len());
        for one in READERS {
            assert_eq!(reader(one.id), Some(one));
            assert!(one.why.ends_with('.') && one.why.len() <= 110, "{}", one.why);
        }
        assert_eq!(reader("telex"), None);
    }

    #[test]
    fn what_is_recommended_to_the_undecided_suits_everyone_who_wants_lines_in_gzip() {
        assert_eq!(READERS[0], UNDECIDED);
        let others = READERS.iter().filter(|reader| reader.encoding != UNDECIDED.encoding);
        // Both read every form; they are recommended what is best for them.
        assert_eq!(others.map(|reader| reader.id).collect::<Vec<_>>(), ["duckdb", "people"]);
    }
}
