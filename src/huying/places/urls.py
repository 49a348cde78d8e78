"""Pages of the app."""

from django.urls import path

from huying.places.views import grids, plans, tree

app_name = "places"
urlpatterns = [
    path("", tree.tree, name="tree"),
    path("import/", tree.import_file, name="import"),
    path("import/<uuid:draft_id>/", tree.draft, name="draft"),
    path("import/<uuid:draft_id>/drop/", tree.drop, name="drop"),
    path("polygons.json", tree.polygons, name="polygons"),
    path("outlines.json", tree.outlines, name="outlines"),
    path("plans/", plans.plans, name="plans"),
    path("plans/new/", plans.new, name="new_plan"),
    path("plans/<uuid:plan_id>/", plans.plan, name="plan"),
    path("plans/<uuid:plan_id>/edit/", plans.edit, name="edit_plan"),
    path("plans/<uuid:plan_id>/submit/", plans.submit, name="submit_plan"),
    path("plans/<uuid:plan_id>/decide/", plans.decide, name="decide_plan"),
    path("plans/<uuid:plan_id>/drop/", plans.drop, name="drop_plan"),
    path("plans/<uuid:plan_id>/shapes.json", plans.shapes, name="plan_shapes"),
    path("grids/", grids.grids, name="grids"),
    path("grids/nets/", grids.nets, name="nets"),
    path("grids/merge/", grids.merge, name="merge_nets"),
    path("grids/standard/", grids.standard, name="standard"),
    path("grids/emergency/", grids.emergency, name="emergency"),
    path("grids/<str:code>/", grids.grid, name="grid"),
    path("<str:code>/", tree.area, name="area"),
]
