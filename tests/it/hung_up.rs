//! A client that hangs up ends neither its call nor what is noted of it.

use crate::harness::{House, request};
use crate::hooked::{Hook, Hooked};
use crate::usage::usage;
use async_trait::async_trait;
use domain::Result;
use domain::id::OwnerId;
use domain::table::{Query, Table as _};
use serde_json::json;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use tokio::task::yield_now;
use tower::ServiceExt as _;

struct Waits;

#[async_trait]
impl Hook for Waits {
    async fn before(&self) -> Result<()> {
        yield_now().await;
        Ok(())
    }

    async fn after(&self) -> Result<()> {
        yield_now().await;
        Ok(())
    }
}

async fn rows(house: &House, kind: &str) -> Vec<String> {
    let rows = house.store.query(&Query::prefix(OwnerId::of("test", "one"), kind)).await.unwrap().rows;
    rows.into_iter().map(|row| row.body).collect()
}

#[tokio::test]
async fn it_is_finished_and_noted_once_whenever_its_client_leaves() {
    for polls in 1..=16 {
        for (preset, status) in [("full_access", "2xx"), ("read_only", "4xx")] {
            let house = House::on(|inner| Arc::new(Hooked { inner, hook: Waits }));
            let (id, key) = house.connect(json!({ "kind": "api", "name": "leaves", "preset": preset })).await;
            let write = request("POST", "/v1/tasks", Some(&key), Some(json!({ "title": "Milk" })));
            let mut call = Box::pin(house.router.clone().oneshot(write));
            for _ in 0..polls {
                if poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_ready())).await {
                    break;
                }
                yield_now().await;
            }
            drop(call);
            house.app.idle().await;
            assert_eq!(usage(&house, &id, "day").await["total"]["calls"], 1, "{preset} after {polls}");
            let kept = crate::usage::all_activity(&house, &id, &format!("&status={status}")).await;
            let denials = rows(&house, "audit/").await;
            let denials = denials.iter().filter(|body| body.contains("call.denied")).count();
            let written = rows(&house, "data/task/").await.len();
            let right = if preset == "full_access" { (1, 1, 0) } else { (1, 0, 1) };
            assert_eq!((kept.len(), written, denials), right, "{preset} after {polls}");
        }
    }
}
