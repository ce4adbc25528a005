"""What generated sessions are made of: invented people, example domains, example networks."""

from typing import NamedTuple


class Place(NamedTuple):
    """Where somebody is."""

    country: str
    city: str
    time_zone: str
    language: str


PLACES = (
    Place("France", "Lyon", "Europe/Paris", "fr"),
    Place("Germany", "Leipzig", "Europe/Berlin", "de"),
    Place("United Kingdom", "Leeds", "Europe/London", "en"),
    Place("Spain", "Sevilla", "Europe/Madrid", "es"),
    Place("United States", "Chicago", "America/Chicago", "en"),
    Place("United States", "Portland", "America/Los_Angeles", "en"),
    Place("Brazil", "Recife", "America/Recife", "pt"),
    Place("India", "Pune", "Asia/Kolkata", "en"),
    Place("Japan", "Sendai", "Asia/Tokyo", "ja"),
    Place("Australia", "Hobart", "Australia/Hobart", "en"),
    Place("South Africa", "Durban", "Africa/Johannesburg", "en"),
    Place("Nepal", "Pokhara", "Asia/Kathmandu", "ne"),
)

FIRST_NAMES = (
    "Alex", "Bo", "Camille", "Devi", "Emre", "Fatou", "Gil", "Hana", "Ines", "Jun", "Kofi", "Lea",
    "Milan", "Nour", "Olu", "Priya", "Quinn", "Rafa", "Sasha", "Tomo", "Uma", "Vera", "Wim", "Zoë",
)  # fmt: skip
SURNAMES = (
    "Ashdown", "Beispiel", "Casenote", "Demoux", "Exemple", "Fallow", "Gearhart", "Helpling",
    "Instance", "Juniper", "Keystone", "Lighthouse", "Modell", "O'Sample", "Placeholder", "Quill",
)  # fmt: skip
COMPANIES = ("Example Travel", "Sample & Sons", "Muster GmbH", "Demo Dairy", "Placeholder Press")
TECHNICIANS = ("Ada Fixit", "Ben Patch", "Cleo Restart", "Dan Driver")
MAIL_DOMAINS = ("example.com", "example.org", "example.net")
NETWORKS = ("192.0.2", "198.51.100", "203.0.113")

BROWSERS = (
    ("Windows 11", "Edge 126", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Edg/126.0"),
    ("Windows 10", "Firefox 128", "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Firefox/128.0"),
    ("macOS 14", "Safari 17", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15"),
    ("Android 14", "Chrome 126", "Mozilla/5.0 (Linux; Android 10; K) Chrome/126.0 Mobile"),
    ("iOS 17", "Safari 17", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) Mobile Safari/604.1"),
    ("Linux", "Firefox 127", "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Firefox/127.0"),
)
PAGES = (
    "https://www.example.com/", "https://www.example.com/pricing",
    "https://www.example.com/help/returns", "https://shop.example.com/basket",
    "https://shop.example.com/orders?state=open", "https://docs.example.org/install",
    "https://docs.example.org/faq#billing",
)  # fmt: skip
BUTTONS = (("button-1", "Ask us"), ("button-2", "Sales"), ("button-3", "Technical help"))

VISITOR_LINES = (
    "Hello, is anybody there?", "My order has not arrived yet.", "Can I pay by invoice?",
    "The page stays white after I log in.", "Yes, I have tried that.", "Great, thank you! 👍",
    "Where do I find my customer number?", "Könnten Sie das bitte prüfen?", "ありがとうございます",
)  # fmt: skip
OPERATOR_LINES = (
    "Good day, how can I help?", "One moment please, I am looking it up.",
    "Could you tell me your order number?", "Please clear the cache and try again.",
    "I have sent you a new link.", "Is there anything else?", "You are welcome. Have a nice day!",
)  # fmt: skip

BOTS = (
    "st-dc600cf5-b1c5-581e-a2c3-eb81fe39c927",
    "st-0b8d5c1e-77aa-5f10-9c44-3e2f61d0a7b2",
    "st-5e91f3aa-2c47-5d8b-8f06-b1c9d47e2035",
    "st-a47c20d9-e318-54f6-b2d1-08f5ce3a916b",
)
"""The first is the one of the vendor's sample."""
CHANNELS = ("rtm", "webchat", "msteams", "slack", "whatsapp", "ivr")
USER_TAGS = (("regular", "newuser"), ("tier", "gold"), ("tier", "silver"), ("beta", None))
SESSION_TAGS = (
    ("topic", "billing"), ("topic", "delivery"), ("topic", "login"), ("sentiment", "positive"),
    ("sentiment", "negative"), ("escalated", None),
)  # fmt: skip

SYSTEMS = (
    "Windows 11 Pro", "Windows 10 Enterprise", "Windows Server 2022", "macOS 14 Sonoma",
    "Ubuntu 24.04 LTS",
)  # fmt: skip
COMPUTER_NAMES = ("DESK", "LAPTOP", "RECEPTION", "POS", "SRV")
DOMAINS = ("corp.example.com", "branch.example.com", "WORKGROUP")
PROBLEMS = (
    "The printer prints blank pages.", "Mail cannot be sent since this morning.",
    "The computer restarts by itself <about twice a day>.", "No sound in video calls.",
    "Drive S: is gone & the backup failed.", "Please install the new accounting program.",
)  # fmt: skip
NOTES = (
    "Updated the driver.", "Password was expired; set a new one with the customer.",
    "Memory module replaced by the local team.\nAsked to call back if it happens again.",
    "Walked through it together, all is well.",
)  # fmt: skip
CUSTOM_FIELDS = (
    ("Department", ("Sales", "Accounts", "Warehouse", "Front desk")),
    ("Contract", ("Gold", "Silver", "none")),
    ("Ticket", ("T-1001", "T-1002", "T-1003", "T-1004")),
)
