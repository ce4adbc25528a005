"""`/openapi.json` is valid, says what the route table says, and shows what the paths answer."""

import inspect
import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import SecretStr

from app.rest import VENDORS, samples
from app.rest.conditional import tagged
from app.rest.openapi import document
from app.rest.remote_support.layout import WORDS
from app.rest.remote_support.reference import LONGEST_KEY, SAMPLE_VARS
from app.rest.remote_support.request import FILTERS, decode
from app.settings import Settings
from resolvers.errors import BadInput
from tests.app.graphql_client import open_door

KEY = "a-demo-key-that-nobody-may-see-here"
OWN = {"/graphql", "/healthz", "/readyz"}
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")

Json = dict[str, Any]


@pytest.fixture(scope="module")
def described() -> Json:
    """The document as settings without any choice make it."""
    return document(Settings(), "1.2.3")


def operations(described: Json) -> Iterator[tuple[str, str, Json]]:
    """Every operation with its method and path."""
    for path, item in described["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def bodies(described: Json) -> Iterator[tuple[str, Json]]:
    """Every body of requests and answers, with the name of where it stands."""
    for method, path, operation in operations(described):
        parts = {**operation["responses"], "request": operation.get("requestBody", {})}
        for name, part in parts.items():
            for media_type, body in part.get("content", {}).items():
                yield f"{method} {path} {name} {media_type}", body


def find(described: Json, method: str, path: str) -> Json:
    """One operation."""
    found: Json = described["paths"][path][method]
    return found


def test_it_is_openapi(described: Json) -> None:
    """A maintained validator of OpenAPI 3.1 has nothing to say."""
    assert [error.message for error in OpenAPIV31SpecValidator(described).iter_errors()] == []


def test_paths_and_methods_are_the_route_tables(described: Json) -> None:
    """Every path and method of the vendors, and the gateway's own, no more and no fewer."""
    table = {
        (endpoint.method.lower(), endpoint.path)
        for vendor in VENDORS
        for endpoint in vendor.endpoints
    }
    told = {(method, path) for method, path, _ in operations(described)}
    assert told - {(method, path) for method, path in told if path in OWN} == table
    assert {path for _, path in told} - {path for _, path in table} == OWN


def test_every_vendor_has_a_chapter(described: Json) -> None:
    """In the order of the vendors; each heading below its first is an operation's summary."""
    titles = [vendor.chapter.title for vendor in VENDORS]
    assert [tag["name"] for tag in described["tags"]] == [*titles, "Gateway"]
    for vendor in VENDORS:
        summaries = [endpoint.operation.summary for endpoint in vendor.endpoints]
        assert set(vendor.chapter.prose) == {vendor.chapter.title, *summaries}


def test_every_parameter_of_a_path_is_described(described: Json) -> None:
    """Its name is the route's, and a sentence says what it is."""
    for vendor in VENDORS:
        for endpoint in vendor.endpoints:
            operation = find(described, endpoint.method.lower(), endpoint.path)
            told = [one for one in operation.get("parameters", []) if one["in"] == "path"]
            assert tuple(one["name"] for one in told) == endpoint.names
            assert all(one["description"] for one in told)


def test_every_operation_has_a_name_of_its_own(described: Json) -> None:
    """Generated clients name their methods so."""
    names = [operation["operationId"] for _, _, operation in operations(described)]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() for name in names)


def test_every_security_scheme_is_known_and_used(described: Json) -> None:
    """What operations need is described, and nothing else is."""
    used = {
        scheme
        for _, _, operation in operations(described)
        for choice in operation["security"]
        for scheme in choice
    }
    assert used == set(described["components"]["securitySchemes"])


def test_only_health_needs_no_credential(described: Json) -> None:
    """Unless a path is open by the settings; the form's key stands in its body."""
    free = {path for _, path, operation in operations(described) if not operation["security"]}
    assert free == {"/healthz", "/readyz"}
    optional = {
        (method, path)
        for method, path, operation in operations(described)
        if {} in operation["security"]
    }
    assert {method for method, _ in optional} == {"post"}
    for method, path in optional:
        form = find(described, method, path)["requestBody"]["content"]
        (schema,) = [body["schema"] for body in form.values()]
        assert schema["properties"]["KEY"]["maxLength"] == LONGEST_KEY == 64


def test_open_paths_say_so() -> None:
    """GATEWAY_OPEN_PATHS and GATEWAY_AUTH=off make credentials optional."""
    opened = document(Settings(open_paths=frozenset({"knowledge"})), "1")
    assert {} in find(opened, "put", "/sessions/new")["security"]
    assert {} not in find(opened, "get", "/history/sessions/{session_history_id}")["security"]
    off = document(Settings(auth="off"), "1")
    assert {} in find(off, "get", "/api/2.0/chat/history")["security"]


def test_every_example_fits_its_schema(described: Json) -> None:
    """JSON examples are what their schemas say; so are those of parameters."""
    components = {"components": described["components"]}
    seen = 0
    for where, body in bodies(described):
        validator = Draft202012Validator({**body["schema"], **components})
        for name, example in body.get("examples", {}).items():
            if "xml" in where:
                continue
            problems = [error.message for error in validator.iter_errors(example["value"])]
            assert problems == [], f"{where} {name}"
            seen += 1
    assert seen > 100


def test_every_refusal_has_the_vendors_shape(described: Json) -> None:
    """Each answer but success is described by the vendor's error and has an example."""
    for vendor in VENDORS:
        name = "".join(part.title() for part in vendor.name.split("_")) + "Error"
        for endpoint in vendor.endpoints:
            operation = find(described, endpoint.method.lower(), endpoint.path)
            for status, answer in operation["responses"].items():
                assert answer["description"]
                if status not in ("200", "304"):
                    for body in answer["content"].values():
                        assert body["schema"] == {"$ref": f"#/components/schemas/{name}"}
                        assert body["examples"]


def test_waiting_times_are_told(described: Json) -> None:
    """429 and 503 come with Retry-After."""
    for vendor in VENDORS:
        for endpoint in vendor.endpoints:
            answers = find(described, endpoint.method.lower(), endpoint.path)["responses"]
            assert all("Retry-After" in answers[status]["headers"] for status in ("429", "503"))


def test_conditional_and_repeated_requests_are_described(described: Json) -> None:
    """Where an answer has a tag, and where a request may have a key; what is left of rates."""
    one = find(described, "get", "/history/sessions/{session_history_id}")
    assert "If-None-Match" in [told["name"] for told in one["parameters"]]
    assert {"ETag", "RateLimit", "RateLimit-Policy"} == set(one["responses"]["304"]["headers"])
    made = find(described, "put", "/sessions/new")["responses"]
    assert {"409", "410", "422"} <= made.keys()
    assert "Retry-After" in made["409"]["headers"]
    assert "304" not in made


def test_tags_are_described_where_they_are_sent(described: Json) -> None:
    """Of every vendor: If-None-Match, ETag and 304, if and only if the endpoint sends a tag."""
    for vendor in VENDORS:
        for endpoint in vendor.endpoints:
            operation = find(described, endpoint.method.lower(), endpoint.path)
            answers = operation["responses"]
            told = (
                "If-None-Match" in [one["name"] for one in operation.get("parameters", ())],
                "ETag" in answers["200"]["headers"],
                "304" in answers,
            )
            sends = tagged.__name__ in inspect.unwrap(endpoint.handle).__code__.co_names
            assert told == (sends,) * 3, f"{endpoint.method} {endpoint.path}"


def test_decisions_of_ours_are_marked(described: Json) -> None:
    """The introduction says how, and each vendor's chapter has some."""
    assert "**Ours:**" in described["info"]["description"]
    tags = [tag for tag in described["tags"] if tag["name"] != "Gateway"]
    assert len(tags) == len(VENDORS)
    assert all("**Ours:**" in tag["description"] for tag in tags)


# The vendors' limits and samples


def test_remote_support_names_every_word_and_filter(described: Json) -> None:
    """VARS' words with their limits, and the same parameters in the URL and in the form."""
    got = find(described, "get", "/get_session_history.php")
    named = {one["name"]: one for one in got["parameters"]}
    custom = {"FILTER_CUSTOM_FIELD_NAME", "FILTER_CUSTOM_FIELD_VALUE"}
    assert set(named) == {"VARS", "OUTPUT_FORMAT", *FILTERS, *custom}
    assert all(one["description"] for one in named.values())
    assert named["VARS"]["schema"]["maxLength"] == 512
    assert all(f"`{word}`" in named["VARS"]["description"] for word in WORDS)
    for limit in ("`COMPUTER_OS` (64)", "`NOTES` (4000)", "`CUSTOM_FIELD_NAME` (32)"):
        assert limit in named["VARS"]["description"]
    posted = find(described, "post", "/get_session_history.php")["requestBody"]["content"]
    form = posted["application/x-www-form-urlencoded"]["schema"]["properties"]
    assert set(form) == {"KEY", *named}


@pytest.mark.parametrize("name", [name for name, one in FILTERS.items() if "enum" in one.schema])
def test_remote_support_settings_are_the_decoders(name: str) -> None:
    """Every word that is told is taken, and another is refused."""
    for word in FILTERS[name].schema["enum"]:
        assert decode({"VARS": "ID", name: word})
    with pytest.raises(BadInput, match=name):
        decode({"VARS": "ID", name: "OTHER"})


def test_remote_support_examples_are_in_both_forms(described: Json) -> None:
    """The vendor's third call, as XML and as JSON."""
    answer = find(described, "get", "/get_session_history.php")["responses"]["200"]["content"]
    xml = answer["text/xml; charset=UTF-8"]["examples"]
    assert xml["sample"]["value"].startswith("<response><nrequests>1</nrequests><requests>")
    (row,) = answer["application/json; charset=UTF-8"]["examples"]["sample"]["value"]["requests"]
    assert list(row) == SAMPLE_VARS.lower().split()
    refusals = {example["value"] for example in xml.values()}
    assert "<response><error_msg>Invalid FILTER_HAS_VIDEOS setting.</error_msg></response>" in (
        refusals
    )


def test_the_co_browse_example_is_the_vendors(described: Json) -> None:
    """The figures of the vendor's page."""
    operation = find(described, "get", "/history/sessions/{session_history_id}")
    sample = operation["responses"]["200"]["content"]["application/json; charset=UTF-8"]
    value = sample["examples"]["sample"]["value"]
    assert value["id"] == "83d03970-c959-11e2-857d-082e5f12b9a1"
    assert value["deactivationTime"] == 1369939743522
    assert [page["duration"] for page in value["pages"]] == [11, 7, 11]
    assert sample["schema"]["required"] == [name for name in value if name != "activationTime"]


def test_the_bot_limits_are_the_vendors(described: Json) -> None:
    """100 by default, 50 ids, the three containment types, the page's spellings."""
    operation = find(described, "post", "/api/public/getSessions")
    kinds, calls = operation["parameters"]
    assert kinds["schema"]["enum"] == ["dropOff", "selfService", "agent"]
    assert calls["name"] == "callId"
    fields = operation["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert fields["limit"]["default"] == 100
    assert fields["sessionId"]["maxItems"] == 50
    answer = operation["responses"]["200"]["content"]["application/json"]
    row = answer["schema"]["properties"]["sessions"]["items"]["properties"]
    (shown,) = answer["examples"]["sample"]["value"]["sessions"]
    assert list(row) == list(shown)
    messages = {
        example["value"]["errors"][0]["msg"]
        for example in operation["responses"]["401"]["content"]["application/json"][
            "examples"
        ].values()
    }
    assert messages == {
        "Invalid SDK credentials",
        "Invalid JWT token",
        "Permission denied. Scope is incorrect!",
    }


def test_chat_and_knowledge_spell_as_their_vendors(described: Json) -> None:
    """Both spellings of the address, and the headers of the clients."""
    chat = find(described, "get", "/api/2.0/chat/history/{sessionId}")["responses"]["200"]
    visitor = chat["content"]["application/json"]["schema"]["properties"]["visitor"]
    assert {"emaillAddress", "emailAddress"} <= set(visitor["properties"])
    made = find(described, "put", "/sessions/new")
    headers = ["gkc_agentId", "gkc_customerId", "Idempotency-Key"]
    assert [one["name"] for one in made["parameters"]] == headers
    assert "required" not in made["requestBody"]


def test_every_sample_is_shown(described: Json) -> None:
    """Each kind with a vendor has an example of an answer."""
    text = json.dumps(described)
    for vendor in VENDORS:
        first, *_ = samples.lines(vendor.kind)
        assert first["sessionId"] in text or vendor.name == "remote_support"


# As it is served


def test_it_is_served_without_a_key() -> None:
    """As JSON, with what the settings say."""
    door = open_door(bot_max_limit=777)
    answer = door.request("GET", "/openapi.json", headers={"authorization": None})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert "lowered to 777" in answer.text
    assert answer.json()["openapi"] == "3.1.0"


def test_no_framework_describes_itself() -> None:
    """FastAPI serves our document, and its own pages stay off."""
    door = open_door()
    assert door.request("GET", "/openapi.json").json() == door.app.openapi()
    assert door.app.openapi()["tags"][0]["name"] == "Co-browse history"
    assert door.request("GET", "/redoc").status_code == 404


def test_it_holds_no_secret() -> None:
    """Nothing of the settings that is secret is told."""
    settings = Settings(
        demo_key=SecretStr(KEY), mongodb_uri="mongodb://user:password-of-mine@db.example"
    )
    text = json.dumps(document(settings, "1"))
    assert KEY not in text
    assert "password-of-mine" not in text
    assert "db.example" not in text
