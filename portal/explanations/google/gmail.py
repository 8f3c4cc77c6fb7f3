"""Why Gmail does not take what is submitted to it by SMTP.

https://support.google.com/a/answer/3726730
"""

from portal.explanations.row import Place, Who, held, hopeless, passing

NOT_FOR_MAILBOX = held(
    "gmail-not-for-mailbox",
    "Sign-in not for this mailbox",
    "Gmail does not accept the sign-in of this account's user for the mailbox that its"
    " username names.",
    "Please check that the username is the user's own address, and that Gmail is"
    " switched on for the user; then sign in again.",
    who=Who.WORKSPACE,
    place=Place.ACCOUNTS,
)
BAD_SIGN_IN = held(
    "gmail-bad-sign-in",
    "Sign-in refused",
    "Gmail does not accept this username and password.",
    "Please give the account an app password, or let a user sign in to Google.",
    who=Who.WORKSPACE,
    place=Place.ACCOUNTS,
)
BY_BROWSER = held(
    "gmail-by-browser",
    "Google wants to see the user",
    "Gmail lets this user in only after a sign-in with a browser.",
    "Please sign in to Gmail once as that user, and confirm what Google asks.",
    who=Who.WORKSPACE,
    place=Place.ACCOUNTS,
)
DAILY_LIMIT = passing(
    "gmail-daily-limit",
    "The day's limit is used up",
    "This user has sent as much as Google allows in a day; mail goes on as soon as"
    " Gmail takes it again.",
)
THROTTLED = passing(
    "gmail-throttled",
    "Gmail asks for less",
    "Gmail takes no more from here for the moment; it goes again.",
)
BLOCKED = hopeless(
    "gmail-content-blocked",
    "Blocked for what it holds",
    "Gmail blocked this message for its content, such as a file that could do harm.",
    "Please send it without that, or as a link.",
)
