"""The command line: `python -m app.cli COMMAND`, which the files in `scripts/` call.

Exit codes: 0 after an orderly end (Ctrl-C included), 1 when something failed, 2 when the command,
an option or a `GATEWAY_` variable is wrong. Every refusal is one plain sentence on standard error.
"""

import gc
import signal

if __name__ in ("__main__", "__mp_main__"):  # the second is a worker's
    gc.disable()  # the imports make no garbage, and looking for some takes a third of a start
if __name__ == "__main__":
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C meanwhile ends without a trace

import socket
import sys
from importlib import import_module
from threading import Thread
from typing import Annotated

import typer

from app.commands.audit import audit
from app.commands.certificate import check_certificate
from app.commands.common import load_settings, orderly_end, own_database, plain_failures
from app.commands.customers import customer
from app.commands.data import data
from app.commands.existing import existing
from app.commands.imports.command import imports
from app.commands.keys import keys
from app.commands.shadow.command import shadow
from app.errors import StartError

# Plain tracebacks: the decorated ones print local variables, and with them keys and addresses.
app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


OWN = ("--host or GATEWAY_HOST", "--port or GATEWAY_PORT")
METRICS = ("GATEWAY_METRICS_HOST", "GATEWAY_METRICS_PORT")


@app.callback()
def begin() -> None:
    """GraphQL gateway over support sessions in MongoDB."""
    gc.freeze()  # what was imported stays
    gc.enable()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
    demo: Annotated[bool, typer.Option(help="Load the demo data on the first run.")] = True,
) -> None:
    """Serve the gateway; without GATEWAY_MONGODB_URI it starts an embedded database."""
    with plain_failures(), orderly_end():
        settings = load_settings(host=host, port=port)
        check_port_is_free(settings.host, settings.port)
        if settings.metrics_port is not None:
            check_port_is_free(settings.metrics_host, settings.metrics_port, METRICS)
        check_certificate(settings.tls_certificate, settings.tls_key)
        # The help and a refusal need no web framework. Importing it takes as long as the database
        # takes to start, so both happen at once.
        Thread(target=import_module, args=("app.commands.serve",), daemon=True).start()
        with own_database(settings) as (complete, tend):
            from app.commands.serve import serve as run

            run(complete, demo=demo, workers=workers, tend=tend)


def check_port_is_free(host: str, port: int, names: tuple[str, str] = OWN) -> None:
    """Raise StartError when `host` and `port` cannot be listened on; `names` set them."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            if sys.platform != "win32":  # there it would allow a second listener
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except socket.gaierror:
        raise StartError(
            f"The address {host} is unknown: write one of this machine's, such as 127.0.0.1, "
            f"with {names[0]}."
        ) from None
    except OSError as error:
        raise StartError(
            f"Port {port} of {host} cannot be used ({error.strerror}): "
            f"choose another with {names[1]}."
        ) from None


def main() -> None:
    """Run the command line."""
    app.add_typer(data)
    app.add_typer(existing)
    app.add_typer(imports)
    app.add_typer(keys, name="keys")
    app.add_typer(customer, name="customer")
    app.add_typer(audit, name="audit")
    app.command()(shadow)
    app(prog_name="session-gateway")


if __name__ == "__main__":
    main()
