//! The vendor's account and Region, from the function's ARN that Lambda passes: no setting can be wrong about
//! them.

use control::setup::Vendor;

/// The vendor by the ARN of one of its functions,
/// `arn:<partition>:lambda:<region>:<account>:function:<name>`. `None` for text in another format.
///
/// The ARN does not contain the exporter's role, so that stays empty: only the customer's setup names the
/// role, and the exporter creates no setup.
#[must_use]
pub fn vendor_of(function_arn: &str) -> Option<Vendor> {
    let mut fields = function_arn.split(':');
    let (arn, partition, service) = (fields.next()?, fields.next()?, fields.next()?);
    let (region, account) = (fields.next()?, fields.next()?);
    if arn != "arn" || service != "lambda" {
        return None;
    }
    Some(Vendor {
        account: account.parse().ok()?,
        partition: partition.to_owned(),
        region: region.parse().ok()?,
        exporter_role: String::new(),
        template_url: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_in_its_vendors_account_and_region() {
        for name in ["auditferry-exporter", "auditferry-exporter:live"] {
            let arn = format!("arn:aws-us-gov:lambda:us-gov-west-1:111111111111:function:{name}");
            let vendor = vendor_of(&arn).unwrap();
            assert_eq!((vendor.account.as_str(), vendor.partition.as_str()), ("111111111111", "aws-us-gov"));
            assert_eq!(vendor.region.as_str(), "us-gov-west-1");
        }
        for bad in
            ["", "arn:aws:lambda", "arn:aws:iam::111111111111:role/x", "arn:aws:lambda:eu:1:function:x"]
        {
            assert_eq!(vendor_of(bad), None, "{bad}");
        }
    }
}
