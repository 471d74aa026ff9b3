"""Block elements: one row an element, its properties and their limits."""

from bot.localslack.kit.checks import Check, Required, Shape, boolean, items, number, one_of, shape, string
from bot.localslack.kit.objects import (
    ACTION_ID,
    ANY_URL,
    CONFIRM,
    DISPATCH,
    FILTER,
    LENGTH,
    LINK_OPTION,
    OPTION,
    OPTION_GROUPS,
    RICH_OPTION,
    SLACK_FILE,
    WEB_URL,
    plain,
)

_COMMON: Shape = {"action_id": ACTION_ID, "confirm": CONFIRM, "focus_on_load": boolean}
_PROMPT: Shape = {**_COMMON, "placeholder": plain(150)}
_TYPED: Shape = {
    "action_id": ACTION_ID,
    "placeholder": plain(150),
    "focus_on_load": boolean,
    "dispatch_action_config": DISPATCH,
}
_MOST: Shape = {"max_selected_items": number(1)}
_DATE = string(pattern=r"^\d{4}-\d{2}-\d{2}$")
_TIME = string(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
_CHOICES: Shape = {"options": items(OPTION, 100), "option_groups": OPTION_GROUPS}
_IDS = items(string(), 100)
_CONVERSATIONS: Shape = {"default_to_current_conversation": boolean, "filter": FILTER}
_FEEDBACK = shape({"text": Required(plain(75)), "value": Required(string(2000)), "accessibility_label": string(75)})

ELEMENTS: dict[str, Shape] = {
    "button": {
        "text": Required(plain(75)),
        "action_id": ACTION_ID,
        "url": ANY_URL,
        "value": string(2000),
        "style": one_of("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
    "overflow": {"action_id": ACTION_ID, "options": Required(items(LINK_OPTION, 5)), "confirm": CONFIRM},
    "checkboxes": {**_COMMON, "options": Required(items(RICH_OPTION, 10)), "initial_options": items(RICH_OPTION, 10)},
    "radio_buttons": {**_COMMON, "options": Required(items(RICH_OPTION, 10)), "initial_option": RICH_OPTION},
    "static_select": {**_PROMPT, **_CHOICES, "initial_option": OPTION},
    "multi_static_select": {**_PROMPT, **_CHOICES, **_MOST, "initial_options": items(OPTION, 100)},
    "external_select": {**_PROMPT, "initial_option": OPTION, "min_query_length": number(0)},
    "multi_external_select": {
        **_PROMPT,
        **_MOST,
        "initial_options": items(OPTION, 100),
        "min_query_length": number(0),
    },
    "users_select": {**_PROMPT, "initial_user": string()},
    "multi_users_select": {**_PROMPT, **_MOST, "initial_users": _IDS},
    "conversations_select": {
        **_PROMPT,
        **_CONVERSATIONS,
        "initial_conversation": string(),
        "response_url_enabled": boolean,
    },
    "multi_conversations_select": {**_PROMPT, **_MOST, **_CONVERSATIONS, "initial_conversations": _IDS},
    "channels_select": {**_PROMPT, "initial_channel": string(), "response_url_enabled": boolean},
    "multi_channels_select": {**_PROMPT, **_MOST, "initial_channels": _IDS},
    "datepicker": {**_PROMPT, "initial_date": _DATE},
    "timepicker": {**_PROMPT, "initial_time": _TIME, "timezone": string()},
    "datetimepicker": {**_COMMON, "initial_date_time": number(10**9, 10**10)},
    "plain_text_input": {
        **_TYPED,
        "initial_value": string(3000),
        "multiline": boolean,
        "min_length": LENGTH,
        "max_length": number(1, 3000),
    },
    "email_text_input": {**_TYPED, "initial_value": string()},
    "url_text_input": {**_TYPED, "initial_value": string()},
    "number_input": {
        **_TYPED,
        "is_decimal_allowed": Required(boolean),
        "initial_value": string(),
        "min_value": string(),
        "max_value": string(),
    },
    "image": {"image_url": WEB_URL, "slack_file": SLACK_FILE, "alt_text": Required(string(2000))},
    "feedback_buttons": {
        "action_id": ACTION_ID,
        "positive_button": Required(_FEEDBACK),
        "negative_button": Required(_FEEDBACK),
    },
    "icon_button": {
        "action_id": ACTION_ID,
        "icon": Required(one_of("trash")),
        "text": Required(plain(75)),
        "value": string(2000),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
        "visible_to_user_ids": _IDS,
    },
}

_SELECTS = tuple(name for name in ELEMENTS if name.endswith("_select"))
_PICKERS = ("datepicker", "timepicker")
_BOXES = ("checkboxes", "radio_buttons")
ACCESSORIES = ("button", "overflow", "image", *_BOXES, *_SELECTS, *_PICKERS)
ACTIONS = ("button", "overflow", *_BOXES, *_SELECTS, *_PICKERS, "datetimepicker")
INPUTS = (*_BOXES, *_SELECTS, *_PICKERS, "datetimepicker", *(name for name in ELEMENTS if name.endswith("_input")))

__all__ = ["ACCESSORIES", "ACTIONS", "ELEMENTS", "INPUTS", "Check"]
