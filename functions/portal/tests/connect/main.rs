//! Connect, through the router over the fakes: from nothing to the first file, and everything that gets in
//! between.

mod answers;
mod connecting;
mod following;
mod racing;
mod site;
