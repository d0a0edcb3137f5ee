//! The guarantees of the stand-ins, tested through the real AWS SDKs over HTTP. One binary, since each one
//! links the SDKs.

#[cfg(test)]
mod create_only;
#[cfg(test)]
mod database;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod guard;
#[cfg(test)]
mod obstacles;
#[cfg(test)]
mod ownership;
#[cfg(test)]
#[cfg(unix)]
mod private;
#[cfg(test)]
mod rejected_puts;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod staging;
#[cfg(test)]
mod streaming;
