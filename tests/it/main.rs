//! Everything that can be tested inside one process, on the embedded ports: no sockets, no sleeps.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod access;
mod activity;
mod address;
mod analytics;
mod asking;
mod audit;
mod bad_input;
mod batch;
mod bounded;
mod calendars;
mod clocks;
mod connections;
mod contract;
mod conventions;
mod decisions;
mod deeds;
mod deliveries;
mod delivering;
mod described;
mod due;
mod entries;
mod events;
mod faults;
mod field_limits;
mod filters;
mod forgetting;
mod forms;
mod given_up;
mod giving_way;
mod gone;
mod grants;
mod handler;
mod harness;
mod history;
mod hooked;
mod hot_path;
mod hung_up;
mod idempotency;
mod imagined;
mod importing;
mod indexed;
mod input;
mod judged;
mod kept_entries;
mod layout;
mod letting_go;
mod limits;
mod links;
mod lives;
mod masked;
mod mcp;
mod mcpb;
mod memories;
mod misfits;
mod model;
mod moved_files;
mod moving;
mod nouns;
mod oauth;
mod openapi;
mod paging;
mod parked_between;
mod parking;
mod places;
mod plans;
mod prices;
mod profile;
mod provisioning;
mod put;
mod races;
mod reads;
mod recall;
mod records;
mod repeated;
mod replies;
mod road_faults;
mod sealing;
mod sensitive;
mod sign_in;
mod sign_out;
mod signing;
mod slice;
mod stdio;
mod taken_along;
mod taken_back;
mod template;
mod templates;
mod tested;
mod touched;
mod trash;
mod undo;
mod undone;
mod undone_later;
mod unseen;
mod usage;
mod verifying;
mod waiting;
mod webhook_page;
