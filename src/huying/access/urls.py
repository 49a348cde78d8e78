"""Pages of the app."""

from django.urls import path

from huying.access.views import entry, keeping, own, reviews

app_name = "access"
urlpatterns = [
    path("sign-in/", entry.sign_in, name="sign_in"),
    path("sign-in/demo/", entry.demo_sign_in, name="demo_sign_in"),
    path("sign-in/second/", entry.second, name="second"),
    path("sign-in/passkey/", entry.passkey, name="passkey"),
    path("sign-in/passkey/options/", entry.passkey_options, name="passkey_options"),
    path("sign-in/other/", entry.oidc_begin, name="oidc_begin"),
    path("sign-in/other/back/", entry.oidc_back, name="oidc_back"),
    path("sign-out/", entry.sign_out, name="sign_out"),
    path("password/", own.password, name="password"),
    path("account/", own.security, name="security"),
    path("account/here/", own.here, name="here"),
    path("account/confirm/", own.confirm, name="confirm"),
    path("account/confirm/options/", own.confirm_options, name="confirm_options"),
    path("account/totp/", own.totp, name="totp"),
    path("account/passkey/", own.passkeys, name="passkeys"),
    path("account/passkey/options/", own.passkey_new_options, name="passkey_new_options"),
    path("account/recovery/", own.recovery, name="recovery"),
    path("account/codes/<slug:channel>/", own.address, name="address"),
    path("account/codes/<uuid:address_id>/drop/", own.drop_address, name="drop_address"),
    path("account/factors/<uuid:factor_id>/remove/", own.remove_factor, name="remove_factor"),
    path("account/sign-ins/<uuid:sign_in_id>/end/", own.end_sign_in, name="end_own_sign_in"),
    path("account/sign-ins/end-others/", own.end_others, name="end_others"),
    path("desk/access/", keeping.accounts, name="accounts"),
    path("desk/access/accounts/<uuid:account_id>/", keeping.account, name="account"),
    path("desk/access/accounts/<uuid:account_id>/reset/", keeping.ask_reset, name="ask_reset"),
    path("desk/access/accounts/<uuid:account_id>/unlock/", keeping.unlock, name="unlock"),
    path("desk/access/accounts/<uuid:account_id>/link/", keeping.link, name="link"),
    path("desk/access/accounts/<uuid:account_id>/unlink/", keeping.unlink, name="unlink"),
    path("desk/access/resets/<uuid:reset_id>/", keeping.decide_reset, name="decide_reset"),
    path("desk/access/sign-ins/", keeping.sign_ins, name="sign_ins"),
    path("desk/access/sign-ins/<uuid:sign_in_id>/end/", keeping.end_sign_in, name="end_sign_in"),
    path("desk/access/second-step/", keeping.forced, name="forced"),
    path("desk/access/reviews/", reviews.overview, name="reviews"),
    path("desk/access/reviews/<uuid:review_id>/", reviews.review, name="review"),
    path("desk/access/reviews/items/<uuid:item_id>/", reviews.decide, name="decide_item"),
]
