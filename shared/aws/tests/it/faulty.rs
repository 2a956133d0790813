//! The way to DynamoDB, with faults on it.

use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Throttled,
    BrokenBefore,
    BrokenAfter,
    TimedOutBefore,
    TimedOutAfter,
    ResetAfter,
    /// A transaction that holds the row.
    Conflicting,
}

/// Which fault, if any, the nth request meets.
pub(crate) type Plan = Arc<dyn Fn(usize) -> Option<Fault> + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Faulty {
    way: SharedHttpClient,
    plan: Plan,
    calls: Arc<AtomicUsize>,
    refusals: Arc<AtomicUsize>,
}

impl Faulty {
    pub(crate) fn new(plan: Plan) -> Self {
        let way = aws_smithy_http_client::Builder::new().build_http();
        Self { way, plan, calls: Arc::default(), refusals: Arc::default() }
    }

    /// How many requests the server refused; every one of them was a repeat of a write that had succeeded.
    pub(crate) fn refusals(&self) -> usize {
        self.refusals.load(Ordering::SeqCst)
    }
}

impl Fault {
    pub(crate) fn takes_effect(self) -> bool {
        matches!(self, Self::BrokenAfter | Self::TimedOutAfter | Self::ResetAfter)
    }

    fn answer(self, target: &str) -> Result<HttpResponse, ConnectorError> {
        match self {
            Self::Throttled => Ok(refusal(400, "ThrottlingException", "[]")),
            Self::BrokenBefore | Self::BrokenAfter => Ok(refusal(500, "InternalServerError", "[]")),
            Self::TimedOutBefore | Self::TimedOutAfter => Err(ConnectorError::timeout("no answer".into())),
            Self::ResetAfter => Err(ConnectorError::io("connection reset".into())),
            Self::Conflicting if target.ends_with("TransactWriteItems") => {
                let reasons = r#"[{"Code":"TransactionConflict"},{"Code":"None"}]"#;
                Ok(refusal(400, "TransactionCanceledException", reasons))
            }
            Self::Conflicting => Ok(refusal(400, "TransactionConflictException", "[]")),
        }
    }
}

fn refusal(status: u16, code: &str, reasons: &str) -> HttpResponse {
    let body = format!(
        r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"","CancellationReasons":{reasons}}}"#
    );
    HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body))
}

impl HttpClient for Faulty {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let way = self.way.http_connector(settings, components);
        SharedHttpConnector::new(Connector { way, faults: self.clone() })
    }
}

#[derive(Debug, Clone)]
struct Connector {
    way: SharedHttpConnector,
    faults: Faulty,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let fault = (self.faults.plan)(self.faults.calls.fetch_add(1, Ordering::SeqCst));
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let Connector { way, faults } = self.clone();
        HttpConnectorFuture::new(async move {
            let arrives = fault.is_none_or(Fault::takes_effect);
            let answer = if arrives { Some(way.call(request).await) } else { None };
            if answer
                .as_ref()
                .is_some_and(|answer| answer.as_ref().is_ok_and(|it| it.status().as_u16() == 400))
            {
                faults.refusals.fetch_add(1, Ordering::SeqCst);
            }
            match (fault, answer) {
                (None, Some(answer)) => answer,
                (Some(fault), _) => fault.answer(&target),
                (None, None) => unreachable!("without a fault it arrives"),
            }
        })
    }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}
