"""A mail server that prints each mail as a line of JSON, as Python's own parser understands it.

Arguments: the port, then optionally a certificate and its key: STARTTLS and a login (vakt, secret) are
then required. With `refuse` as the last argument every receiver is refused, with `refuse-once:ADDRESS` that
one, the first time.
"""

import email.policy
import json
import ssl
import sys
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if sys.argv[-1] == "refuse":
            return "550 5.1.1 no such box"
        if sys.argv[-1] == f"refuse-once:{address}":
            sys.argv[-1] = "refused"
            return "550 5.1.1 no such box"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        shown = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None,
            "authenticated": session.authenticated,
            "headers": {name.lower(): str(value) for name, value in mail.items()},
            "count": len(mail.items()),
            "type": mail.get_content_type(),
            "charset": mail.get_content_charset(),
            "text": mail.get_content(),
            "defects": [str(defect) for defect in mail.defects],
        }
        print(json.dumps(shown), flush=True)
        return "250 Message accepted for delivery"


def authenticate(server, session, envelope, mechanism, data):
    fine = data.login == b"vakt" and data.password == b"secret"
    # Not handled: the server itself says that it is wrong.
    return AuthResult(success=fine, handled=False)


options = {"hostname": "127.0.0.1", "port": int(sys.argv[1])}
if len(sys.argv) > 3:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    options.update(
        tls_context=context,
        require_starttls=True,
        authenticator=authenticate,
        auth_required=True,
    )
controller = Controller(Handler(), **options)
controller.start()
print("ready", flush=True)
while True:
    time.sleep(3600)
