import django.contrib.postgres.fields
import django.db.models.deletion
import huying.kernel.ids
import huying.registers.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('places', '0002_area_plans'),
        ('registers', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='BuildingUnit',
            fields=[
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=20)),
                ('doors', models.PositiveSmallIntegerField(default=0)),
                ('households', models.PositiveSmallIntegerField(default=0)),
                ('lifts', models.PositiveSmallIntegerField(default=0)),
                ('until', models.DateField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='CallOut',
            fields=[
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('area_code', models.CharField(db_collation='C', db_index=True, max_length=24)),
                ('emergency', models.CharField(choices=[('flood', '内涝排水'), ('fire', '火灾'), ('typhoon', '台风暴雨'), ('collapse', '坍塌险情'), ('outage', '停水停电停气'), ('tree', '树木倒伏'), ('drill', '演练')], max_length=12)),
                ('spot', models.CharField(blank=True, default='', max_length=120)),
                ('called_at', models.DateTimeField()),
                ('called_by', models.UUIDField(null=True)),
                ('arrived_at', models.DateTimeField(blank=True, null=True)),
                ('sent', models.PositiveIntegerField(default=0)),
                ('until', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('area_code', models.CharField(db_collation='C', db_index=True, max_length=24)),
                ('name', models.CharField(max_length=60)),
                ('lng', models.FloatField(blank=True, null=True)),
                ('lat', models.FloatField(blank=True, null=True)),
                ('geometry', models.JSONField(blank=True, null=True)),
                ('until', models.DateField(blank=True, null=True)),
                ('kind', models.CharField(choices=[('camera', '摄像头'), ('card_door', '刷卡门禁'), ('gate', '围院大门'), ('wall', '围墙围栏'), ('barrier', '车辆道闸'), ('alarm', '一键报警'), ('smoke', '烟感'), ('water_gauge', '水位计')], max_length=16)),
                ('condition', models.CharField(choices=[('in_use', '在用'), ('repair', '待修'), ('closed', '停用待处理')], default='in_use', max_length=8)),
                ('serial', models.CharField(blank=True, default='', max_length=40)),
                ('keeper', models.CharField(blank=True, default='', max_length=60)),
                ('installed_on', models.DateField(blank=True, null=True)),
                ('warranty_until', models.DateField(blank=True, null=True)),
                ('checked_on', models.DateField(blank=True, null=True)),
            ],
            options={
                'verbose_name': '设备',
            },
        ),
        migrations.CreateModel(
            name='GridCount',
            fields=[
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('area_code', models.CharField(db_collation='C', max_length=24, unique=True)),
                ('households', models.PositiveIntegerField(default=0)),
                ('homes', models.PositiveIntegerField(default=0)),
                ('rented', models.PositiveIntegerField(default=0)),
                ('firms', models.PositiveIntegerField(default=0)),
                ('shops', models.PositiveIntegerField(default=0)),
                ('counted_on', models.DateField()),
            ],
            options={
                'verbose_name': '基础台账',
            },
        ),
        migrations.CreateModel(
            name='Inspection',
            fields=[
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('on', models.DateField()),
                ('points', models.PositiveSmallIntegerField()),
                ('findings', models.CharField(blank=True, default='', max_length=400)),
                ('mend_by', models.DateField(blank=True, null=True)),
                ('mended_on', models.DateField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='RentedHome',
            fields=[
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('area_code', models.CharField(db_collation='C', db_index=True, max_length=24)),
                ('name', models.CharField(max_length=60)),
                ('lng', models.FloatField(blank=True, null=True)),
                ('lat', models.FloatField(blank=True, null=True)),
                ('geometry', models.JSONField(blank=True, null=True)),
                ('until', models.DateField(blank=True, null=True)),
                ('rooms', models.PositiveSmallIntegerField(default=1)),
                ('storey', models.SmallIntegerField(blank=True, null=True)),
                ('holder_kind', models.CharField(choices=[('organisation', '单位出租'), ('person', '个人出租')], max_length=12)),
                ('holder_ref', models.CharField(max_length=60)),
                ('filed_on', models.DateField()),
                ('lacking', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('extinguisher', '灭火器'), ('smoke_alarm', '烟感报警'), ('emergency_light', '应急照明'), ('escape_window', '逃生窗口'), ('clear_stairs', '楼道畅通'), ('safe_wires', '电线套管'), ('gas_safe', '燃气安全'), ('no_bikes', '电动车不进楼')], max_length=16), blank=True, default=list, size=None)),
                ('checked_on', models.DateField(blank=True, null=True)),
                ('next_check', models.DateField(blank=True, null=True)),
            ],
            options={
                'verbose_name': '出租屋',
            },
        ),
        migrations.CreateModel(
            name='RescueResource',
            fields=[
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('area_code', models.CharField(db_collation='C', db_index=True, max_length=24)),
                ('name', models.CharField(max_length=60)),
                ('lng', models.FloatField(blank=True, null=True)),
                ('lat', models.FloatField(blank=True, null=True)),
                ('geometry', models.JSONField(blank=True, null=True)),
                ('until', models.DateField(blank=True, null=True)),
                ('kind', models.CharField(choices=[('team', '抢险队伍'), ('store', '物资仓库'), ('shelter', '避护场所'), ('vehicle', '车辆机具')], max_length=8)),
                ('unit', models.CharField(max_length=60)),
                ('duty_phone', models.CharField(max_length=20)),
                ('capacity', models.PositiveIntegerField(default=0)),
                ('square_metres', models.PositiveIntegerField(default=0)),
                ('minutes', models.PositiveSmallIntegerField(default=30)),
                ('equipment', models.CharField(blank=True, default='', max_length=400)),
                ('suited', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('flood', '内涝排水'), ('fire', '火灾'), ('typhoon', '台风暴雨'), ('collapse', '坍塌险情'), ('outage', '停水停电停气'), ('tree', '树木倒伏'), ('drill', '演练')], max_length=12), blank=True, default=list, size=None)),
                ('checked_on', models.DateField(blank=True, null=True)),
            ],
            options={
                'verbose_name': '抢险资源',
            },
        ),
        migrations.CreateModel(
            name='Room',
            fields=[
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('use', models.CharField(choices=[('meeting', '会议议事'), ('counter', '窗口服务'), ('activity', '活动'), ('reading', '阅览自习'), ('table_tennis', '乒乓球室'), ('shop', '积分超市'), ('mediation', '调解'), ('health', '健康'), ('child', '亲子'), ('outdoor', '室外场地'), ('other', '其他')], default='activity', max_length=16)),
                ('square_metres', models.PositiveIntegerField(default=0)),
                ('seats', models.PositiveSmallIntegerField(default=0)),
                ('lent', models.BooleanField(default=False)),
                ('until', models.DateField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='SafetyCheck',
            fields=[
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('on', models.DateField()),
                ('passed', models.BooleanField(default=False)),
                ('lacking', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('extinguisher', '灭火器'), ('smoke_alarm', '烟感报警'), ('emergency_light', '应急照明'), ('escape_window', '逃生窗口'), ('clear_stairs', '楼道畅通'), ('safe_wires', '电线套管'), ('gas_safe', '燃气安全'), ('no_bikes', '电动车不进楼')], max_length=16), blank=True, default=list, size=None)),
                ('mend_by', models.DateField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='ServicePlace',
            fields=[
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('area_code', models.CharField(db_collation='C', db_index=True, max_length=24)),
                ('name', models.CharField(max_length=60)),
                ('lng', models.FloatField(blank=True, null=True)),
                ('lat', models.FloatField(blank=True, null=True)),
                ('geometry', models.JSONField(blank=True, null=True)),
                ('until', models.DateField(blank=True, null=True)),
                ('level', models.CharField(choices=[('district', '区级'), ('street', '街道'), ('community', '社区'), ('grid', '网格（小区）'), ('trade', '商圈楼宇（两新）'), ('other', '延伸点')], max_length=12)),
                ('kind', models.CharField(choices=[('party_centre', '党群服务中心（站）'), ('neighbours', '邻里驿站'), ('clinic', '卫生服务站'), ('elder_care', '养老服务站'), ('practice', '文明实践站'), ('culture', '文化活动站'), ('children', '儿童之家'), ('legal', '法律服务站'), ('rest', '户外劳动者驿站')], default='party_centre', max_length=16)),
                ('address', models.CharField(blank=True, default='', max_length=120)),
                ('square_metres', models.PositiveIntegerField(default=0)),
                ('outdoor_m2', models.PositiveIntegerField(default=0)),
                ('phone', models.CharField(blank=True, default='', max_length=20)),
                ('barrier_free', models.BooleanField(default=False)),
                ('hours_mon', models.CharField(blank=True, default='', max_length=40)),
                ('hours_tue', models.CharField(blank=True, default='', max_length=40)),
                ('hours_wed', models.CharField(blank=True, default='', max_length=40)),
                ('hours_thu', models.CharField(blank=True, default='', max_length=40)),
                ('hours_fri', models.CharField(blank=True, default='', max_length=40)),
                ('hours_sat', models.CharField(blank=True, default='', max_length=40)),
                ('hours_sun', models.CharField(blank=True, default='', max_length=40)),
            ],
            options={
                'verbose_name': '服务阵地',
            },
        ),
        migrations.CreateModel(
            name='TenantCount',
            fields=[
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('trade', models.CharField(choices=[('office', '办公商务'), ('retail', '零售'), ('catering', '餐饮'), ('tech', '科技信息'), ('making', '生产加工'), ('culture', '文化教育'), ('logistics', '物流仓储'), ('other', '其他')], max_length=12)),
                ('firms', models.PositiveIntegerField(default=0)),
                ('staff', models.PositiveIntegerField(default=0)),
                ('counted_on', models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name='TradePlace',
            fields=[
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('area_code', models.CharField(db_collation='C', db_index=True, max_length=24)),
                ('name', models.CharField(max_length=60)),
                ('lng', models.FloatField(blank=True, null=True)),
                ('lat', models.FloatField(blank=True, null=True)),
                ('geometry', models.JSONField(blank=True, null=True)),
                ('until', models.DateField(blank=True, null=True)),
                ('kind', models.CharField(choices=[('tower', '商务楼宇'), ('district', '商圈'), ('park', '产业园'), ('market', '专业市场'), ('old_plant', '集体旧物业改造')], max_length=12)),
                ('operator', models.CharField(blank=True, default='', max_length=60)),
                ('square_metres', models.PositiveIntegerField(default=0)),
                ('vacant_m2', models.PositiveIntegerField(default=0)),
                ('rebuilt_on', models.DateField(blank=True, null=True)),
            ],
            options={
                'verbose_name': '楼宇商圈',
            },
        ),
        migrations.CreateModel(
            name='WorkContract',
            fields=[
                ('id', models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('area_code', models.CharField(db_collation='C', db_index=True, max_length=24)),
                ('name', models.CharField(max_length=80)),
                ('kind', models.CharField(choices=[('green', '绿化养护'), ('cleaning', '环卫保洁'), ('waste', '垃圾收运'), ('drain', '排水养护'), ('road', '道路养护'), ('lamp', '路灯养护'), ('toilet', '公厕管养'), ('other', '其他作业')], max_length=12)),
                ('unit_id', models.UUIDField(blank=True, db_index=True, null=True)),
                ('unit_name', models.CharField(max_length=60)),
                ('area_codes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(db_collation='C', max_length=24), blank=True, default=list, size=None)),
                ('square_metres', models.PositiveIntegerField(default=0)),
                ('standard', models.TextField(blank=True, default='')),
                ('matter_codes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=24), blank=True, default=list, size=None)),
                ('since', models.DateField()),
                ('until', models.DateField(blank=True, null=True)),
                ('next_inspection', models.DateField(blank=True, null=True)),
            ],
            options={
                'verbose_name': '作业承包',
            },
        ),
        migrations.AddField(
            model_name='building',
            name='built_year',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='building',
            name='homes',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='building',
            name='until',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='estate',
            name='green_m2',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='estate',
            name='until',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='estate',
            name='walled',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='facility',
            name='added_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='facility',
            name='chargers',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='facility',
            name='condition',
            field=models.CharField(choices=[('in_use', '在用'), ('repair', '待修'), ('closed', '停用待处理')], default='in_use', max_length=8),
        ),
        migrations.AddField(
            model_name='facility',
            name='keeper',
            field=models.CharField(blank=True, default='', max_length=60),
        ),
        migrations.AddField(
            model_name='facility',
            name='origin',
            field=models.CharField(choices=[('built', '原有'), ('added', '增设')], default='built', max_length=8),
        ),
        migrations.AddField(
            model_name='facility',
            name='parking',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='facility',
            name='pieces',
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='facility',
            name='square_metres',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='facility',
            name='until',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='facility',
            name='works',
            field=models.CharField(blank=True, default='', max_length=120),
        ),
        migrations.AddField(
            model_name='waterway',
            name='until',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='facility',
            name='kind',
            field=models.CharField(choices=[('manhole', '井盖'), ('lamp', '路灯'), ('waste_point', '垃圾投放点'), ('toilet', '公厕'), ('park', '公园广场'), ('playground', '健身游乐'), ('charging', '充电设施'), ('hydrant', '消防栓'), ('lift', '电梯'), ('pump', '泵站'), ('crossing', '道路设施'), ('camera', '摄像头'), ('access_door', '门禁设备'), ('notice_board', '宣传栏'), ('service_point', '服务站点'), ('parking', '停车位'), ('green', '绿地'), ('walkway', '步道'), ('shelf', '非机动车棚'), ('other', '其他设施')], max_length=16),
        ),
        migrations.AddIndex(
            model_name='building',
            index=models.Index(fields=['area_code', 'id'], name='places_building_listed'),
        ),
        migrations.AddIndex(
            model_name='building',
            index=huying.registers.models.SearchIndex(huying.registers.models.Grams(models.F('name')), name='places_building_words'),
        ),
        migrations.AddIndex(
            model_name='estate',
            index=models.Index(fields=['area_code', 'id'], name='places_estate_listed'),
        ),
        migrations.AddIndex(
            model_name='estate',
            index=huying.registers.models.SearchIndex(huying.registers.models.Grams(models.F('name')), name='places_estate_words'),
        ),
        migrations.AddIndex(
            model_name='facility',
            index=models.Index(fields=['area_code', 'id'], name='places_facility_listed'),
        ),
        migrations.AddIndex(
            model_name='facility',
            index=huying.registers.models.SearchIndex(huying.registers.models.Grams(models.F('name')), name='places_facility_words'),
        ),
        migrations.AddField(
            model_name='buildingunit',
            name='building',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='units', to='places.building'),
        ),
        migrations.AddField(
            model_name='device',
            name='building',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='devices', to='places.building'),
        ),
        migrations.AddField(
            model_name='device',
            name='estate',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='devices', to='places.estate'),
        ),
        migrations.AddField(
            model_name='rentedhome',
            name='building',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rented', to='places.building'),
        ),
        migrations.AddIndex(
            model_name='rescueresource',
            index=models.Index(fields=['area_code', 'id'], name='places_rescue_listed'),
        ),
        migrations.AddIndex(
            model_name='rescueresource',
            index=huying.registers.models.SearchIndex(huying.registers.models.Grams(models.F('name')), name='places_rescue_words'),
        ),
        migrations.AddField(
            model_name='callout',
            name='resource',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='call_outs', to='places.rescueresource'),
        ),
        migrations.AddField(
            model_name='safetycheck',
            name='home',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='places.rentedhome'),
        ),
        migrations.AddIndex(
            model_name='serviceplace',
            index=models.Index(fields=['area_code', 'id'], name='places_service_listed'),
        ),
        migrations.AddIndex(
            model_name='serviceplace',
            index=huying.registers.models.SearchIndex(huying.registers.models.Grams(models.F('name')), name='places_service_words'),
        ),
        migrations.AddField(
            model_name='room',
            name='place',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rooms', to='places.serviceplace'),
        ),
        migrations.AddIndex(
            model_name='tradeplace',
            index=models.Index(fields=['area_code', 'id'], name='places_trade_listed'),
        ),
        migrations.AddIndex(
            model_name='tradeplace',
            index=huying.registers.models.SearchIndex(huying.registers.models.Grams(models.F('name')), name='places_trade_words'),
        ),
        migrations.AddField(
            model_name='tenantcount',
            name='place',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tenants', to='places.tradeplace'),
        ),
        migrations.AddIndex(
            model_name='workcontract',
            index=huying.registers.models.SearchIndex(huying.registers.models.Grams(models.F('name')), name='places_contract_words'),
        ),
        migrations.AddConstraint(
            model_name='workcontract',
            constraint=models.CheckConstraint(condition=models.Q(('until', None), ('until__gte', models.F('since')), _connector='OR'), name='places_contract_term'),
        ),
        migrations.AddField(
            model_name='inspection',
            name='contract',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inspections', to='places.workcontract'),
        ),
        migrations.AddConstraint(
            model_name='buildingunit',
            constraint=models.UniqueConstraint(condition=models.Q(('until', None)), fields=('building', 'name'), name='places_unit_once'),
        ),
        migrations.AddIndex(
            model_name='device',
            index=models.Index(fields=['area_code', 'id'], name='places_device_listed'),
        ),
        migrations.AddIndex(
            model_name='device',
            index=huying.registers.models.SearchIndex(huying.registers.models.Grams(models.F('name')), name='places_device_words'),
        ),
        migrations.AddIndex(
            model_name='rentedhome',
            index=models.Index(fields=['area_code', 'id'], name='places_rented_listed'),
        ),
        migrations.AddIndex(
            model_name='rentedhome',
            index=models.Index(fields=['next_check'], name='places_rented_due'),
        ),
        migrations.AddIndex(
            model_name='rentedhome',
            index=huying.registers.models.SearchIndex(huying.registers.models.Grams(models.F('name')), name='places_rented_words'),
        ),
        migrations.AddIndex(
            model_name='callout',
            index=models.Index(fields=['resource', 'called_at'], name='places_callout_resource'),
        ),
        migrations.AddConstraint(
            model_name='safetycheck',
            constraint=models.UniqueConstraint(fields=('home', 'on'), name='places_check_once_a_day'),
        ),
        migrations.AddConstraint(
            model_name='room',
            constraint=models.UniqueConstraint(condition=models.Q(('until', None)), fields=('place', 'name'), name='places_room_once'),
        ),
        migrations.AddConstraint(
            model_name='tenantcount',
            constraint=models.UniqueConstraint(fields=('place', 'trade'), name='places_tenants_once'),
        ),
        migrations.AddConstraint(
            model_name='inspection',
            constraint=models.CheckConstraint(condition=models.Q(('points__lte', 100)), name='places_inspection_points'),
        ),
    ]
