//! The parameters of a query as texts.

use std::collections::BTreeMap;

use crate::fields::truncated;
use crate::problem::Problem;

/// The parameters of a query by name.
///
/// # Errors
/// If one is given twice.
pub(crate) fn parse_query(query: &str) -> Result<BTreeMap<String, String>, Problem> {
    let mut given = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let twice = given.contains_key(name.as_ref());
        if twice {
            let name = truncated(&name);
            return Err(Problem::malformed(format!("The query parameter {name} is given twice.")));
        }
        given.insert(name.into_owned(), value.into_owned());
    }
    Ok(given)
}
