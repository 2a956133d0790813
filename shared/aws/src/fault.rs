//! What the services refuse, in Larder's words, and what the SDK should try again before it gives up.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::CancellationReason;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use domain::Error;

/// Codes that ask for patience with a status that does not.
const PATIENCE: [&str; 9] = [
    "OverLimit",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "Throttling",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// `Busy` if a later try may well succeed; whether this one took effect is then not known.
pub(crate) fn refused<E>(error: SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let passes = match &error {
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => true,
        SdkError::DispatchFailure(failure) => failure.is_timeout() || failure.is_io(),
        SdkError::ServiceError(failure) => {
            let code = failure.err().code().unwrap_or_default();
            failure.raw().status().as_u16() >= 500 || PATIENCE.contains(&code)
        }
        _ => false,
    };
    let told = told(&error);
    if passes {
        tracing::warn!(error = told, "a service is busy");
        Error::Busy
    } else {
        Error::internal(told)
    }
}

/// The chain of causes; never the raw answer, which may quote a row.
fn told<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    if let SdkError::ServiceError(failure) = error {
        let meta = failure.err().meta();
        return format!("{}: {}", meta.code().unwrap_or("?"), meta.message().unwrap_or_default());
    }
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |cause| cause.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// A transaction was stopped by another one or by throttling, not by a condition that will never hold.
pub(crate) fn may_pass(reasons: &[CancellationReason]) -> bool {
    let mut codes =
        reasons.iter().filter_map(CancellationReason::code).filter(|code| *code != "None").peekable();
    let passes =
        |code| matches!(code, "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded");
    codes.peek().is_some() && codes.all(passes)
}

/// The SDK by itself never retries a write that met a transaction on its way.
#[derive(Debug)]
pub(crate) struct RetryConflicts;

impl ClassifyRetry for RetryConflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error =
            context.output_or_error().and_then(Result::err).and_then(|error| error.as_operation_error());
        let Some(error) = error else { return RetryAction::NoActionIndicated };
        let met_one = match error.downcast_ref::<TransactWriteItemsError>() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                may_pass(cancelled.cancellation_reasons())
            }
            Some(_) => false,
            None => {
                let put = error.downcast_ref::<PutItemError>();
                let update = error.downcast_ref::<UpdateItemError>();
                put.is_some_and(PutItemError::is_transaction_conflict_exception)
                    || update.is_some_and(UpdateItemError::is_transaction_conflict_exception)
            }
        };
        if met_one { RetryAction::transient_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "conflicts between transactions"
    }
}
