"""Files: an address, the bytes, completion with and without a channel, pictures in messages."""

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.localslack import LocalSlack
from tests.bot.localslack.helpers import HTTP, INCIDENTS, MANIFEST

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def uploaded(client, name="chart.png", data=PNG):
    ticket = client.files_getUploadURLExternal(filename=name, length=len(data))
    assert HTTP.post(ticket["upload_url"], content=data).status_code == 200
    return ticket["file_id"]


def image(id):
    return {"type": "image", "slack_file": {"id": id}, "alt_text": "chart"}


def test_a_picture_is_uploaded_without_a_channel_and_shown_in_a_message(client):
    id = uploaded(client)
    done = client.files_completeUploadExternal(files=[{"id": id, "title": "Chart"}])
    assert done["files"] == [{"id": id, "title": "Chart"}]
    file = client.files_info(file=id)["file"]
    assert (file["mimetype"], file["filetype"], file["shares"]) == ("image/png", "png", {})
    assert client.chat_postMessage(channel=INCIDENTS, text="x", blocks=[image(id)])["ok"]


def test_a_file_is_posted_in_a_thread_and_tells_its_shares(client):
    head = client.chat_postMessage(channel=INCIDENTS, text="head")["ts"]
    sent = client.files_upload_v2(
        content="a,b", filename="a.csv", channel=INCIDENTS, thread_ts=head, initial_comment="rows"
    )
    (share,) = client.files_info(file=sent["file"]["id"])["file"]["shares"]["public"][INCIDENTS]
    reply = client.conversations_replies(channel=INCIDENTS, ts=head)["messages"][1]
    assert (reply["ts"], reply["text"], reply["files"][0]["name"]) == (share["ts"], "rows", "a.csv")
    assert share["thread_ts"] == head


def test_a_file_for_a_thread_that_is_not_there_stays_unfinished(client):
    id = uploaded(client)
    with pytest.raises(SlackApiError, match="thread_not_found"):
        client.files_completeUploadExternal(files=[{"id": id}], channel_id=INCIDENTS, thread_ts="1.0")
    with pytest.raises(SlackApiError, match="file_not_found"):
        client.files_info(file=id)


def test_a_picture_is_not_shown_before_it_is_ready(clock):
    with LocalSlack(MANIFEST, clock=clock, file_ready_s=1.0) as slack:
        client = WebClient(slack.bot_token, base_url=slack.api_url)
        id = uploaded(client)
        client.files_completeUploadExternal(files=[{"id": id}])
        assert client.files_info(file=id)["file"]["mimetype"] == ""
        with pytest.raises(SlackApiError, match="invalid_blocks"):
            client.chat_postMessage(channel=INCIDENTS, text="x", blocks=[image(id)])
        clock.now += 1
        assert client.files_info(file=id)["file"]["mimetype"] == "image/png"
        assert client.chat_postMessage(channel=INCIDENTS, text="x", blocks=[image(id)])["ok"]


def test_bytes_of_another_length_are_refused_and_an_unfinished_file_is_no_file(client):
    ticket = client.files_getUploadURLExternal(filename="a.png", length=3)
    assert HTTP.post(ticket["upload_url"], content=b"four").status_code == 400
    with pytest.raises(SlackApiError, match="file_not_found"):
        client.files_completeUploadExternal(files=[{"id": ticket["file_id"]}])


def test_a_file_is_read_with_the_token_only_and_never_runs_in_a_browser(client, slack):
    id = uploaded(client, "page.html", b"<script>alert(1)</script>")
    client.files_completeUploadExternal(files=[{"id": id}])
    url = client.files_info(file=id)["file"]["url_private"]
    assert HTTP.get(url).status_code == 403
    answer = HTTP.get(url, headers={"Authorization": f"Bearer {slack.bot_token}"})
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["x-content-type-options"] == "nosniff"
