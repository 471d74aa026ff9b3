/** Emoji by their names in Slack; others stay as they were typed. */

const NAMES = `
  smile 😄|smiley 😃|grinning 😀|grin 😁|joy 😂|rofl 🤣|slightly_smiling_face 🙂|wink 😉|blush 😊|thinking_face 🤔
  neutral_face 😐|sweat_smile 😅|disappointed 😞|cry 😢|sob 😭|scream 😱|angry 😠|rage 😡|sunglasses 😎|heart_eyes 😍
  hugging_face 🤗|face_with_rolling_eyes 🙄|zipper_mouth_face 🤐|exploding_head 🤯|wave 👋|raised_hand ✋|hand ✋|ok_hand 👌
  +1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|clap 👏|raised_hands 🙌|pray 🙏|muscle 💪|point_right 👉|point_left 👈
  point_up 👆|point_down 👇|handshake 🤝|eyes 👀|brain 🧠|bust_in_silhouette 👤|busts_in_silhouette 👥|robot_face 🤖
  heart ❤️|green_heart 💚|blue_heart 💙|yellow_heart 💛|broken_heart 💔|100 💯|boom 💥|fire 🔥|sparkles ✨|star ⭐
  zap ⚡|sunny ☀️|cloud ☁️|snowflake ❄️|rainbow 🌈|earth_africa 🌍|tada 🎉|trophy 🏆|dart 🎯|rocket 🚀
  rotating_light 🚨|warning ⚠️|no_entry ⛔|no_entry_sign 🚫|octagonal_sign 🛑|construction 🚧|traffic_light 🚥
  red_circle 🔴|large_orange_circle 🟠|orange_circle 🟠|large_yellow_circle 🟡|yellow_circle 🟡|large_green_circle 🟢
  green_circle 🟢|large_blue_circle 🔵|blue_circle 🔵|large_purple_circle 🟣|purple_circle 🟣|white_circle ⚪
  black_circle ⚫|large_red_square 🟥|large_green_square 🟩|large_yellow_square 🟨|white_medium_small_square ◽
  white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|negative_squared_cross_mark ❎|question ❓
  grey_question ❔|exclamation ❗|bangbang ‼️|information_source ℹ️|new 🆕|ok 🆗|up 🆙|sos 🆘|heavy_plus_sign ➕
  heavy_minus_sign ➖|arrow_up ⬆️|arrow_down ⬇️|arrow_left ⬅️|arrow_right ➡️|arrow_upper_right ↗️|arrow_lower_right ↘️
  leftwards_arrow_with_hook ↩️|arrow_right_hook ↪️|repeat 🔁|repeat_one 🔂|arrows_counterclockwise 🔄|back 🔙|soon 🔜
  hourglass ⌛|hourglass_flowing_sand ⏳|alarm_clock ⏰|stopwatch ⏱️|clock1 🕐|calendar 📅|date 📅
  spiral_calendar_pad 🗓️|chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|bar_chart 📊|clipboard 📋|pushpin 📌
  round_pushpin 📍|paperclip 📎|link 🔗|memo 📝|pencil 📝|pencil2 ✏️|page_facing_up 📄|scroll 📜|books 📚
  file_folder 📁|open_file_folder 📂|package 📦|inbox_tray 📥|outbox_tray 📤|email ✉️|envelope ✉️|incoming_envelope 📨
  bell 🔔|no_bell 🔕|mega 📣|loudspeaker 📢|speech_balloon 💬|thought_balloon 💭|mag 🔍|mag_right 🔎|microscope 🔬
  test_tube 🧪|scales ⚖️|balance_scale ⚖️|lock 🔒|unlock 🔓|key 🔑|shield 🛡️|hammer 🔨|wrench 🔧|hammer_and_wrench 🛠️
  gear ⚙️|bulb 💡|bug 🐛|ghost 👻|computer 💻|floppy_disk 💾|phone ☎️|iphone 📱|pager 📟|sleeping 😴|zzz 💤
  coffee ☕|pizza 🍕|beer 🍺|flag-eu 🇪🇺
`;

const EMOJI = new Map(
  NAMES.split(/[\n|]/)
    .map((row) => row.trim().split(" "))
    .filter((row) => row.length === 2),
);

/** Return the emoji of a name, or nothing. */
export const emoji = (name) => EMOJI.get(name.split("::")[0]);

/** Return the text with `:names:` replaced by their emoji. */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+)(?:::skin-tone-\d)?:/g, (whole, name) => emoji(name) ?? whole);
}
