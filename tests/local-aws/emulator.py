"""The local AWS: ministack with the four things added that Larder's template needs and ministack 1.5.33 lacks."""

import json

from ministack.core import iam_actions
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners


# 1. SAM turns HttpApi events into an OpenAPI body, which AWS::ApiGatewayV2::Api ignores here: make its routes from it.
create_api = provisioners._apigw_v2_api_create


def create_api_with_routes(logical_id, props, stack_name):
    api_id, attributes = create_api(logical_id, props, stack_name)
    for path, methods in (props.get("Body") or {}).get("paths", {}).items():
        for method, operation in methods.items():
            integration = operation["x-amazon-apigateway-integration"]
            integration_id, _ = provisioners._apigw_v2_integration_create(
                logical_id,
                {
                    "ApiId": api_id,
                    "IntegrationType": integration["type"].upper(),
                    "IntegrationMethod": integration["httpMethod"],
                    "IntegrationUri": integration["uri"],
                    "PayloadFormatVersion": integration["payloadFormatVersion"],
                },
                stack_name,
            )
            verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
            route = {"ApiId": api_id, "RouteKey": f"{verb} {path}", "Target": f"integrations/{integration_id}"}
            provisioners._apigw_v2_route_create(logical_id, route, stack_name)
    return api_id, attributes


provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]["create"] = create_api_with_routes


# 2. Policies may ask for kms:EncryptionContext:<name>, which IAM cannot resolve here: take it from the request.
request_context = iam_actions.request_tag_context


def request_context_with_encryption_context(service, action, body, params):
    context = request_context(service, action, body, params)
    if service == "kms":
        for name, value in (json.loads(body or b"{}").get("EncryptionContext") or {}).items():
            context[f"kms:EncryptionContext:{name}"] = value
    return context


iam_actions.request_tag_context = request_context_with_encryption_context


# 3. A stream consumer's batchItemFailures are ignored here, so a failed change would be lost: make them a failed batch.
#    (AWS resumes at the first failure; here the whole batch comes again, which "at least once" allows.)
execute = lambda_svc._execute_function


def execute_with_partial_failures(function, event):
    result = execute(function, event)
    records = event.get("Records") if isinstance(event, dict) else None
    if not records or records[0].get("eventSource") != "aws:dynamodb" or result.get("error"):
        return result
    body = result.get("body")
    body = json.loads(body) if isinstance(body, str) and body.strip() else body
    failures = (body or {}).get("batchItemFailures")
    if not failures:
        return result
    return {**result, "error": True, "body": {"errorType": "BatchItemFailures", "errorMessage": json.dumps(failures)}}


lambda_svc._execute_function = execute_with_partial_failures


# 4. Who may send may send many: IAM knows no action of its own for SQS's batches, which is asked for here.
extract_action = iam_actions.extract_iam_action


def extract_action_of_batches(service, *request):
    action = extract_action(service, *request)
    return action.removesuffix("Batch") if service == "sqs" and action else action


iam_actions.extract_iam_action = extract_action_of_batches


if __name__ == "__main__":
    from ministack.app import main

    main()
