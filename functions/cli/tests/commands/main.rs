//! The promises of the command line, tested on the built program: exit codes, JSON, messages. One binary with
//! one module per topic.

#[cfg(test)]
mod demo;
#[cfg(test)]
#[cfg(unix)]
mod explore;
#[cfg(test)]
#[cfg(unix)]
mod explore_archive;
#[cfg(test)]
#[cfg(unix)]
mod guard;
#[cfg(test)]
mod import;
#[cfg(test)]
mod import_formats;
#[cfg(test)]
mod interrupt;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod limits;
#[cfg(test)]
#[cfg(unix)]
mod obstacles;
#[cfg(test)]
mod onboarding;
#[cfg(test)]
#[cfg(unix)]
mod portal;
#[cfg(test)]
mod program;
#[cfg(test)]
#[cfg(unix)]
mod readme;
#[cfg(test)]
mod refusals;
#[cfg(test)]
#[cfg(unix)]
mod serve;
#[cfg(test)]
#[cfg(unix)]
mod serve_demo;
#[cfg(test)]
#[cfg(unix)]
mod source;
#[cfg(test)]
mod tenants;
#[cfg(test)]
mod verify;
#[cfg(test)]
mod verify_bucket;
#[cfg(test)]
#[cfg(unix)]
mod verify_location;
