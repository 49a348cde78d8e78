import django.contrib.postgres.fields
import django.db.models.deletion
import huying.kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0001_initial'),
        ('places', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='GrantRequest',
            fields=[
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('area_code', models.CharField(db_collation='C', max_length=24)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField(blank=True, null=True)),
                ('reason', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('asked', '待复核'), ('granted', '已授权'), ('refused', '未同意'), ('withdrawn', '已撤回')], default='asked', max_length=10)),
                ('asked_by', models.UUIDField()),
                ('asked_at', models.DateTimeField()),
                ('decided_by', models.UUIDField(blank=True, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('words', models.CharField(blank=True, default='', max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='HelpProject',
            fields=[
                ('since', models.DateField()),
                ('until', models.DateField(blank=True, null=True)),
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('area_code', models.CharField(db_collation='C', max_length=24)),
                ('kind', models.CharField(choices=[('elders', '长者服务'), ('children', '儿童与青少年服务'), ('disabled', '助残服务'), ('families', '家庭服务'), ('community', '社区营造'), ('volunteers', '志愿者培育'), ('other', '其他服务')], max_length=12)),
                ('amount_fen', models.PositiveBigIntegerField(default=0)),
                ('sessions_due', models.PositiveSmallIntegerField(default=0)),
                ('sessions_done', models.PositiveSmallIntegerField(default=0)),
                ('state', models.CharField(choices=[('running', '进行中'), ('delivered', '待验收'), ('accepted', '已验收'), ('stopped', '已终止')], default='running', max_length=10)),
                ('kept_by', models.UUIDField(blank=True, null=True)),
                ('accepted_by', models.UUIDField(blank=True, null=True)),
                ('accepted_on', models.DateField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='HubHousehold',
            fields=[
                ('since', models.DateField()),
                ('until', models.DateField(blank=True, null=True)),
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('hub', '党员中心户'), ('model', '示范户')], default='hub', max_length=8)),
                ('name', models.CharField(max_length=60)),
                ('area_code', models.CharField(db_collation='C', max_length=24)),
                ('linked_codes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(db_collation='C', max_length=24), blank=True, default=list, size=None)),
                ('linked_households', models.PositiveSmallIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='MemberFiling',
            fields=[
                ('since', models.DateField()),
                ('until', models.DateField(blank=True, null=True)),
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('area_code', models.CharField(db_collation='C', max_length=24)),
                ('reference', models.CharField(max_length=40)),
                ('counted', models.PositiveIntegerField()),
                ('consented', models.BooleanField()),
            ],
        ),
        migrations.CreateModel(
            name='Nomination',
            fields=[
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('cross', '交叉任职'), ('part_time', '兼职委员')], default='cross', max_length=10)),
                ('post', models.CharField(choices=[('chief_leader', '主要领导'), ('leader_in_charge', '分管领导'), ('centre_head', '调度中心负责人（值班长）'), ('intake_clerk', '受理员'), ('dispatcher', '派单员'), ('reviewer', '审核员'), ('call_back_clerk', '回访员'), ('supervisor', '督办员'), ('liaison', '联络员'), ('platform_operator', '平台操作员'), ('handler', '承办人'), ('legal_reviewer', '法制审核员'), ('unit_head', '单位负责人'), ('community_secretary', '社区书记（主任）'), ('grid_head', '网格长'), ('grid_worker', '专职网格员'), ('part_time_grid_worker', '兼职网格员'), ('area_social_worker', '片区社工'), ('building_head', '楼栋长'), ('street_head', '街长'), ('lane_head', '巷长'), ('party_household', '党员中心户'), ('residents_group_head', '居民小组长'), ('residents_representative', '居民代表'), ('supervision_member', '居务监督委员会委员'), ('property_manager', '物业项目经理'), ('owners_chair', '业委会主任'), ('owners_member', '业委会委员'), ('building_steward', '楼宇小管家'), ('economic_union_head', '经联社负责人'), ('legal_adviser', '法律顾问'), ('mediator', '人民调解员'), ('organiser', '议事调解组织员'), ('social_worker', '社工'), ('volunteer_team_head', '志愿队长'), ('river_head', '河长'), ('enterprise_service', '企业服务专员'), ('branch_secretary', '党支部书记'), ('branch_deputy', '党支部副书记'), ('party_group_head', '党小组长'), ('part_time_member', '兼职委员'), ('committee_member', '居（村）委会委员'), ('alliance_head', '联盟负责人'), ('station_head', '社工站站长'), ('response_head', '响应小组组长'), ('response_member', '响应小组成员'), ('system_admin', '系统管理员'), ('security_officer', '安全保密员'), ('auditor', '审计员')], max_length=32)),
                ('area_code', models.CharField(db_collation='C', max_length=24)),
                ('until', models.DateField()),
                ('state', models.CharField(choices=[('nominated', '已提名'), ('elected', '已当选'), ('not_elected', '未当选'), ('appointed', '已任职'), ('refused', '未通过'), ('withdrawn', '已撤回')], default='nominated', max_length=12)),
                ('nominated_by', models.UUIDField(blank=True, null=True)),
                ('nominated_at', models.DateTimeField()),
                ('form', models.CharField(blank=True, choices=[('owners', '业主大会'), ('residents', '居民选举（选民或户代表）'), ('representatives', '居民代表选举'), ('members', '党员大会')], default='', max_length=16)),
                ('held_on', models.DateField(blank=True, null=True)),
                ('paper', models.CharField(blank=True, default='', max_length=60)),
                ('tally', models.JSONField(blank=True, default=dict)),
                ('elected_by', models.UUIDField(blank=True, null=True)),
                ('decided_by', models.UUIDField(blank=True, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('words', models.CharField(blank=True, default='', max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='Recognition',
            fields=[
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('area_code', models.CharField(db_collation='C', max_length=24)),
                ('kind', models.CharField(choices=[('system', '制度留人'), ('pay', '待遇留人'), ('ceremony', '礼遇留人'), ('affection', '感情留人')], max_length=12)),
                ('title', models.CharField(max_length=60)),
                ('on', models.DateField()),
                ('amount_fen', models.PositiveIntegerField(blank=True, null=True)),
                ('recorded_by', models.UUIDField(blank=True, null=True)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Reserve',
            fields=[
                ('since', models.DateField()),
                ('until', models.DateField(blank=True, null=True)),
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('area_code', models.CharField(db_collation='C', max_length=24)),
                ('post', models.CharField(choices=[('chief_leader', '主要领导'), ('leader_in_charge', '分管领导'), ('centre_head', '调度中心负责人（值班长）'), ('intake_clerk', '受理员'), ('dispatcher', '派单员'), ('reviewer', '审核员'), ('call_back_clerk', '回访员'), ('supervisor', '督办员'), ('liaison', '联络员'), ('platform_operator', '平台操作员'), ('handler', '承办人'), ('legal_reviewer', '法制审核员'), ('unit_head', '单位负责人'), ('community_secretary', '社区书记（主任）'), ('grid_head', '网格长'), ('grid_worker', '专职网格员'), ('part_time_grid_worker', '兼职网格员'), ('area_social_worker', '片区社工'), ('building_head', '楼栋长'), ('street_head', '街长'), ('lane_head', '巷长'), ('party_household', '党员中心户'), ('residents_group_head', '居民小组长'), ('residents_representative', '居民代表'), ('supervision_member', '居务监督委员会委员'), ('property_manager', '物业项目经理'), ('owners_chair', '业委会主任'), ('owners_member', '业委会委员'), ('building_steward', '楼宇小管家'), ('economic_union_head', '经联社负责人'), ('legal_adviser', '法律顾问'), ('mediator', '人民调解员'), ('organiser', '议事调解组织员'), ('social_worker', '社工'), ('volunteer_team_head', '志愿队长'), ('river_head', '河长'), ('enterprise_service', '企业服务专员'), ('branch_secretary', '党支部书记'), ('branch_deputy', '党支部副书记'), ('party_group_head', '党小组长'), ('part_time_member', '兼职委员'), ('committee_member', '居（村）委会委员'), ('alliance_head', '联盟负责人'), ('station_head', '社工站站长'), ('response_head', '响应小组组长'), ('response_member', '响应小组成员'), ('system_admin', '系统管理员'), ('security_officer', '安全保密员'), ('auditor', '审计员')], max_length=32)),
                ('state', models.CharField(choices=[('proposed', '待审定'), ('listed', '在库'), ('appointed', '已任用'), ('left', '已退出')], default='proposed', max_length=10)),
                ('agreed', models.BooleanField()),
                ('lead_goose', models.BooleanField(default=False)),
                ('trained_hours', models.PositiveSmallIntegerField(default=0)),
                ('proposed_by', models.UUIDField(blank=True, null=True)),
                ('decided_by', models.UUIDField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Talent',
            fields=[
                ('since', models.DateField()),
                ('until', models.DateField(blank=True, null=True)),
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('area_code', models.CharField(db_collation='C', max_length=24)),
                ('skill', models.CharField(choices=[('judge', '法官'), ('prosecutor', '检察官'), ('police', '民警'), ('lawyer', '律师'), ('teacher', '教师'), ('doctor', '医生'), ('retired_cadre', '退休干部'), ('engineer', '工程师'), ('accountant', '会计'), ('warm_hearted', '热心居民')], max_length=16)),
                ('offers', models.CharField(blank=True, default='', max_length=200)),
                ('code_hash', models.CharField(max_length=64, unique=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='UnitLink',
            fields=[
                ('since', models.DateField()),
                ('until', models.DateField(blank=True, null=True)),
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('covers', '联系网格'), ('member', '成员单位'), ('co_builds', '结对共建'), ('guides', '指导')], max_length=12)),
                ('area_code', models.CharField(db_collation='C', max_length=24)),
            ],
        ),
        migrations.AddField(
            model_name='appointment',
            name='career',
            field=models.CharField(blank=True, choices=[('trainee', '见习'), ('junior', '初级'), ('middle', '中级'), ('senior', '高级')], default='', max_length=8),
        ),
        migrations.AddField(
            model_name='appointment',
            name='concurrent',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='appointment',
            name='drawn_from',
            field=models.CharField(blank=True, choices=[('party', '党组织推荐'), ('residents', '居民推荐'), ('delegates', '两代表一委员推荐'), ('veterans', '退役军人服务站推荐'), ('property', '物业推荐'), ('social_work', '社工站推荐'), ('unit', '所在单位推荐'), ('own', '本人报名')], default='', max_length=12),
        ),
        migrations.AddField(
            model_name='appointment',
            name='duties',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('sanitation', '环境卫生'), ('publicity', '政策宣传'), ('patrol', '治安巡逻（只看场所）'), ('traffic', '交通协管')], max_length=12), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='appointment',
            name='from_unit',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sent', to='people.organisation'),
        ),
        migrations.AddField(
            model_name='appointment',
            name='scope',
            field=models.CharField(blank=True, default='', max_length=200),
        ),
        migrations.AddField(
            model_name='appointment',
            name='succeeds',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='successors', to='people.appointment'),
        ),
        migrations.AddField(
            model_name='organisation',
            name='arrangement',
            field=models.CharField(blank=True, choices=[('single', '单独组建'), ('joint', '联合组建')], default='', max_length=8),
        ),
        migrations.AddField(
            model_name='organisation',
            name='firms_covered',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='organisation',
            name='raised_from',
            field=models.CharField(blank=True, choices=[('branch', '党支部'), ('general', '党总支'), ('committee', '党委')], default='', max_length=12),
        ),
        migrations.AddField(
            model_name='organisation',
            name='raised_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='organisation',
            name='raised_paper',
            field=models.CharField(blank=True, default='', max_length=60),
        ),
        migrations.AddField(
            model_name='organisation',
            name='rank',
            field=models.CharField(blank=True, choices=[('branch', '党支部'), ('general', '党总支'), ('committee', '党委')], default='', max_length=12),
        ),
        migrations.AddField(
            model_name='rolegrant',
            name='appointment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='grants', to='people.appointment'),
        ),
        migrations.AddField(
            model_name='rolegrant',
            name='confirmed_by',
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='appointment',
            name='post',
            field=models.CharField(choices=[('chief_leader', '主要领导'), ('leader_in_charge', '分管领导'), ('centre_head', '调度中心负责人（值班长）'), ('intake_clerk', '受理员'), ('dispatcher', '派单员'), ('reviewer', '审核员'), ('call_back_clerk', '回访员'), ('supervisor', '督办员'), ('liaison', '联络员'), ('platform_operator', '平台操作员'), ('handler', '承办人'), ('legal_reviewer', '法制审核员'), ('unit_head', '单位负责人'), ('community_secretary', '社区书记（主任）'), ('grid_head', '网格长'), ('grid_worker', '专职网格员'), ('part_time_grid_worker', '兼职网格员'), ('area_social_worker', '片区社工'), ('building_head', '楼栋长'), ('street_head', '街长'), ('lane_head', '巷长'), ('party_household', '党员中心户'), ('residents_group_head', '居民小组长'), ('residents_representative', '居民代表'), ('supervision_member', '居务监督委员会委员'), ('property_manager', '物业项目经理'), ('owners_chair', '业委会主任'), ('owners_member', '业委会委员'), ('building_steward', '楼宇小管家'), ('economic_union_head', '经联社负责人'), ('legal_adviser', '法律顾问'), ('mediator', '人民调解员'), ('organiser', '议事调解组织员'), ('social_worker', '社工'), ('volunteer_team_head', '志愿队长'), ('river_head', '河长'), ('enterprise_service', '企业服务专员'), ('branch_secretary', '党支部书记'), ('branch_deputy', '党支部副书记'), ('party_group_head', '党小组长'), ('part_time_member', '兼职委员'), ('committee_member', '居（村）委会委员'), ('alliance_head', '联盟负责人'), ('station_head', '社工站站长'), ('response_head', '响应小组组长'), ('response_member', '响应小组成员'), ('system_admin', '系统管理员'), ('security_officer', '安全保密员'), ('auditor', '审计员')], max_length=32),
        ),
        migrations.AlterField(
            model_name='organisation',
            name='kind',
            field=models.CharField(choices=[('city_body', '市级单位'), ('district_department', '区级部门'), ('street_section', '街道内设机构'), ('street_centre', '街道事业中心'), ('enforcement_team', '综合行政执法队'), ('station', '派驻站所'), ('community_committee', '社区居委会'), ('village_committee', '村委会'), ('community_party', '社区党组织'), ('supervision_committee', '居务监督委员会'), ('economic_union', '经济联合社'), ('public_utility', '公共服务企业'), ('contractor', '作业承包单位'), ('property_firm', '物业企业'), ('owners_committee', '业主委员会'), ('business_operator', '商圈楼宇园区运营方'), ('partner', '共建单位'), ('social_organisation', '社会组织与社工机构'), ('mediation_legal', '调解与法律服务组织'), ('upper_system', '上级平台'), ('street_party', '街道党工委'), ('town_party', '镇党委'), ('greater_work_committee', '街道大工委'), ('greater_committee', '社区大党委'), ('neighbour_committee', '邻里大党委'), ('village_party', '村党组织'), ('circle_party', '商圈党组织'), ('grid_branch', '网格党支部'), ('estate_branch', '小区党支部'), ('firm_branch', '两新党支部'), ('mobile_branch', '流动人员党支部'), ('building_group', '楼栋党小组'), ('lane_group', '巷党小组'), ('building_alliance', '楼宇联盟'), ('newcomers_home', '流动人员之家'), ('social_work_station', '社工站'), ('response_team', '响应小组')], max_length=24),
        ),
        migrations.AlterField(
            model_name='role',
            name='duties',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('intake', '受理'), ('file', '立案'), ('dispatch', '派单'), ('handle', '办理'), ('sign', '签发'), ('review', '审核'), ('verify', '核实'), ('check', '核查'), ('call_back', '回访'), ('report', '上报与代报'), ('decide', '审批'), ('lead', '分管领导'), ('supervise', '督办'), ('confidential', '保密案件'), ('open_contact', '查看联系方式'), ('read', '查看'), ('export', '导出'), ('admin_places', '管理区域'), ('admin_people', '管理人员'), ('admin_matters', '管理事项清单'), ('approve_matters', '批准事项清单'), ('admin_clocks', '管理日历'), ('audit', '审计'), ('secure', '授权复核'), ('keep_people', '登记组织与岗位'), ('organise', '组织议事调解')], max_length=32), size=None),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(fields=['area_code', 'post'], name='people_appointment_area'),
        ),
        migrations.AddField(
            model_name='grantrequest',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grant_requests', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='grantrequest',
            name='appointment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.appointment'),
        ),
        migrations.AddField(
            model_name='grantrequest',
            name='grant',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='request', to='people.rolegrant'),
        ),
        migrations.AddField(
            model_name='grantrequest',
            name='role',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='people.role'),
        ),
        migrations.AddField(
            model_name='grantrequest',
            name='unit',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.organisation'),
        ),
        migrations.AddField(
            model_name='helpproject',
            name='lead',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='leads_projects', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='helpproject',
            name='provider',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='help_projects', to='people.organisation'),
        ),
        migrations.AddField(
            model_name='helpproject',
            name='station',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='station_projects', to='people.organisation'),
        ),
        migrations.AddField(
            model_name='hubhousehold',
            name='building',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='hubs', to='places.building'),
        ),
        migrations.AddField(
            model_name='hubhousehold',
            name='unit',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='hubs', to='people.organisation'),
        ),
        migrations.AddField(
            model_name='memberfiling',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='filings', to='people.organisation'),
        ),
        migrations.AddField(
            model_name='nomination',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='nominations', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='nomination',
            name='appointment',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='nomination', to='people.appointment'),
        ),
        migrations.AddField(
            model_name='nomination',
            name='from_unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sends', to='people.organisation'),
        ),
        migrations.AddField(
            model_name='nomination',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='nominations', to='people.organisation'),
        ),
        migrations.AddField(
            model_name='recognition',
            name='appointment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recognitions', to='people.appointment'),
        ),
        migrations.AddField(
            model_name='reserve',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reserves', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='talent',
            name='contact',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='talent', to='people.contact'),
        ),
        migrations.AddField(
            model_name='unitlink',
            name='other',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='linked_from', to='people.organisation'),
        ),
        migrations.AddField(
            model_name='unitlink',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='people.organisation'),
        ),
        migrations.AddConstraint(
            model_name='grantrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['granted', 'refused']), _negated=True), models.Q(('decided_by__isnull', False), models.Q(('decided_by', models.F('asked_by')), _negated=True)), _connector='OR'), name='people_request_decided_by_another'),
        ),
        migrations.AddConstraint(
            model_name='grantrequest',
            constraint=models.CheckConstraint(condition=models.Q(('asked_by', models.F('account')), _negated=True), name='people_request_not_for_oneself'),
        ),
        migrations.AddConstraint(
            model_name='grantrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'granted'), _negated=True), models.Q(('decided_by', models.F('account')), _negated=True), _connector='OR'), name='people_request_not_by_the_granted'),
        ),
        migrations.AddConstraint(
            model_name='grantrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('account', 'role', 'area_code', 'unit'), name='people_request_one_open', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='helpproject',
            constraint=models.UniqueConstraint(fields=('area_code', 'name', 'since'), name='people_help_once'),
        ),
        migrations.AddConstraint(
            model_name='helpproject',
            constraint=models.CheckConstraint(condition=models.Q(('until', None), ('until__gt', models.F('since')), _connector='OR'), name='people_help_term'),
        ),
        migrations.AddConstraint(
            model_name='helpproject',
            constraint=models.CheckConstraint(condition=models.Q(('accepted_by', None), ('kept_by', None), models.Q(('accepted_by', models.F('kept_by')), _negated=True), _connector='OR'), name='people_help_accepted_by_another'),
        ),
        migrations.AddConstraint(
            model_name='hubhousehold',
            constraint=models.UniqueConstraint(condition=models.Q(('until', None)), fields=('area_code', 'name'), name='people_hub_one_name'),
        ),
        migrations.AddConstraint(
            model_name='hubhousehold',
            constraint=models.CheckConstraint(condition=models.Q(('until', None), ('until__gt', models.F('since')), _connector='OR'), name='people_hub_term'),
        ),
        migrations.AddConstraint(
            model_name='memberfiling',
            constraint=models.UniqueConstraint(fields=('unit', 'reference'), name='people_filing_once'),
        ),
        migrations.AddConstraint(
            model_name='memberfiling',
            constraint=models.CheckConstraint(condition=models.Q(('consented', True)), name='people_filing_consented'),
        ),
        migrations.AddConstraint(
            model_name='memberfiling',
            constraint=models.CheckConstraint(condition=models.Q(('until', None), ('until__gt', models.F('since')), _connector='OR'), name='people_filing_term'),
        ),
        migrations.AddConstraint(
            model_name='nomination',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['appointed', 'refused']), _negated=True), ('decided_by', None), models.Q(models.Q(('decided_by', models.F('nominated_by')), _negated=True), models.Q(('decided_by', models.F('account')), _negated=True)), _connector='OR'), name='people_nomination_two_persons'),
        ),
        migrations.AddConstraint(
            model_name='nomination',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['nominated', 'elected'])), fields=('account', 'organisation', 'post'), name='people_nomination_one_open'),
        ),
        migrations.AddConstraint(
            model_name='recognition',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen', None), ('kind', 'pay'), _connector='OR'), name='people_recognition_amount_is_pay'),
        ),
        migrations.AddConstraint(
            model_name='reserve',
            constraint=models.CheckConstraint(condition=models.Q(('agreed', True)), name='people_reserve_agreed'),
        ),
        migrations.AddConstraint(
            model_name='reserve',
            constraint=models.CheckConstraint(condition=models.Q(('decided_by', None), ('proposed_by', None), models.Q(('decided_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='people_reserve_by_another'),
        ),
        migrations.AddConstraint(
            model_name='reserve',
            constraint=models.UniqueConstraint(condition=models.Q(('until', None)), fields=('account', 'post', 'area_code'), name='people_reserve_once'),
        ),
        migrations.AddConstraint(
            model_name='talent',
            constraint=models.CheckConstraint(condition=models.Q(('until__isnull', False), ('until__gt', models.F('since'))), name='people_talent_has_an_end'),
        ),
        migrations.AddConstraint(
            model_name='unitlink',
            constraint=models.CheckConstraint(condition=models.Q(('until', None), ('until__gt', models.F('since')), _connector='OR'), name='people_link_term'),
        ),
        migrations.AddConstraint(
            model_name='unitlink',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'covers'), ('other', None)), models.Q(models.Q(('kind', 'covers'), _negated=True), ('other__isnull', False)), _connector='OR'), name='people_link_area_or_unit'),
        ),
        migrations.AddConstraint(
            model_name='unitlink',
            constraint=models.CheckConstraint(condition=models.Q(('other', models.F('unit')), _negated=True), name='people_link_not_to_itself'),
        ),
        migrations.AddConstraint(
            model_name='unitlink',
            constraint=models.UniqueConstraint(condition=models.Q(('until', None)), fields=('unit', 'kind', 'area_code', 'other'), name='people_link_once', nulls_distinct=False),
        ),
    ]
