//! Step 1: the role, in four ways side by side. The external ID is there before anything is saved.

use control::setup::{Setup, cli_commands, stack_parameters};
use maud::{Markup, html};
use protocol::connector::Connector;

use super::fields::Typed;
use crate::Portal;
use crate::components::{Tone, copyable, notice};

/// What the step shows.
pub(super) struct RoleStep<'a> {
    pub(super) portal: &'a Portal,
    /// The connector with what the form says, as far as that is valid.
    pub(super) connector: &'a Connector,
    pub(super) setup: &'a Setup,
    pub(super) vendor: &'a str,
    /// Whether the form has a role already: then its button is not the next thing to press.
    pub(super) is_done: bool,
}

impl RoleStep<'_> {
    /// The ways as tabs: radio buttons, of which the style shows the panel that is chosen. Without styles all
    /// panels are shown.
    pub(super) fn ways(&self, typed: &Typed) -> Markup {
        let ways = [
            ("quick", "Quick-create", self.quick()),
            ("stack", "CloudFormation", self.stack()),
            ("terraform", "Terraform", self.terraform()),
            ("cli", "AWS CLI", self.cli()),
        ];
        // Without a published template the ways that need it are not the first to try.
        let chosen = match (typed.way, self.setup.quick_create_url.is_some()) {
            ("quick", false) => "terraform",
            (way, _) => way,
        };
        html! {
            fieldset.ways {
                legend { "How do you want to create it?" }
                div.tabs {
                    @for (way, title, _) in &ways {
                        span.tab {
                            input type="radio" name="way" id={ "way-" (way) } value=(way) checked[*way == chosen];
                            label for={ "way-" (way) } { (title) }
                        }
                    }
                }
                @for (way, title, panel) in &ways {
                    div.panel.{ "panel-" (way) } role="group" aria-label=(title) { (panel) }
                }
            }
        }
    }

    fn quick(&self) -> Markup {
        let Some(url) = &self.setup.quick_create_url else { return self.no_template() };
        html! {
            @if !self.setup.warnings.is_empty() {
                (notice(Tone::Warn, &html! { p { "The link may not work at the moment: AWS can't read " (self.vendor)
                    "'s template. Use another way, or ask " (self.vendor) "." } }))
            }
            div {
                a.button.primary[!self.is_done] href=(url) target="_blank" rel="noopener noreferrer" {
                    "Open AWS with everything filled in" span aria-hidden="true" { " ↗" }
                    span.hidden { " (in a new tab)" }
                }
            }
            ol.steps.quiet {
                li { "Sign in to the account that owns the bucket, and choose the bucket's region at the top right." }
                li { "Enter the bucket's name. " em { "Create the bucket?" } " makes a new, private one." }
                li { "Tick the acknowledgement and click " em { "Create stack" }
                    ". When it is complete, copy its " em { "Outputs" } " into step 2." }
            }
        }
    }

    fn no_template(&self) -> Markup {
        notice(
            Tone::Warn,
            &html! {
                p { (self.vendor) " has published no template, so there is no link that AWS could open. \
                    Terraform and the AWS CLI create exactly the same role." }
            },
        )
    }

    fn stack(&self) -> Markup {
        let Some(template) = &self.portal.onboarding.vendor.template_url else { return self.no_template() };
        html! {
            p { "In CloudFormation choose " em { "Create stack" } ", " em { "Amazon S3 URL" } ", and paste:" }
            (copyable("template URL", template))
            p { "Name the stack " span.mono { (self.setup.stack_name) } " and enter these parameters:" }
            dl.parameters {
                @for (name, value) in stack_parameters(self.connector, &self.portal.onboarding.vendor) {
                    div {
                        dt.mono { (name) }
                        dd {
                            @match value {
                                Some(value) if value.is_empty() => span.quiet { "empty" },
                                Some(value) => (copyable(name, &value)),
                                None if name == "KmsKeyArn" => span.quiet { "empty, or your key's ARN" },
                                None => span.quiet { "your bucket" },
                            }
                        }
                    }
                }
            }
            p.quiet { a href=(template) rel="noreferrer" { "Read the template" }
                " before you launch it: it is short, and grants two permissions at most." }
        }
    }

    fn terraform(&self) -> Markup {
        html! {
            p {
                "Add this call of the module, which " (self.vendor) " gives you as a folder, then "
                span.mono { "terraform apply" } ":"
            }
            (copyable("Terraform", self.setup.terraform.trim_end()))
            (self.bucket_open())
            p.quiet { "Copy what " span.mono { "terraform output" } " prints into step 2." }
        }
    }

    fn cli(&self) -> Markup {
        html! {
            p { "In a shell with credentials of the account that owns the bucket:" }
            (copyable("AWS CLI commands", cli_commands(self.connector, &self.portal.onboarding.vendor).trim_end()))
            (self.bucket_open())
            p.quiet { "The path " span.mono { "/auditferry/" } " must stay: a role elsewhere can't be used. \
                Copy what the first command prints into step 2." }
        }
    }

    fn bucket_open(&self) -> Markup {
        html! {
            @if self.connector.destination.is_none() {
                p.quiet { "Put your bucket's name in place of " span.mono { "YOUR-BUCKET" }
                    ". If you enter bucket and folder in step 2 first, they stand here too." }
            }
        }
    }
}
